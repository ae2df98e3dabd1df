from waferloop import calibration, files

with files.logged(snakemake.log[0]):
    rows = [calibration.overview(files.load_calibration(path)) for path in snakemake.input]
    files.write_csv(snakemake.output[0], rows)

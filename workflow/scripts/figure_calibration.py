from waferloop import files

with files.logged(snakemake.log[0]):
    from waferloop.figures import calibration, style

    found = files.load_calibration(snakemake.input[0])
    rows = calibration.table(found)
    files.write_csv(snakemake.output.csv, rows)
    style.save(calibration.draw(found, rows), snakemake.output.svg)

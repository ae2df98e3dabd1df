from waferloop import calibration, experiment, files

with files.logged(snakemake.log[0]):
    parts = [files.load_calibration(path) for path in snakemake.input]
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    wafer, hicanns = experiment.wafer(config, run), experiment.hicanns(config, run)
    result = calibration.join(parts) if parts else calibration.of_hicanns(hicanns)
    if not config["calibration"]["enabled"]:
        result = calibration.without_transfers(result)
    print(f"{result.usable.sum()} of {len(result.usable)} circuits usable")
    files.save_calibration(snakemake.output.transfers, result, wafer, config["calibration"])
    files.write_csv(snakemake.output.table, files.calibration_rows(result))

from waferloop import backends, calibration, experiment, files

with files.logged(snakemake.log[0]):
    config, wildcards = snakemake.params.config, snakemake.wildcards
    wafer, hicann = int(wildcards.wafer), int(wildcards.hicann)
    result = calibration.calibrate(
        lambda placement, number: backends.connect(
            experiment.bench_connection(config, wafer, hicann, number), placement
        ),
        hicann,
        experiment.bench(config),
        config["calibration"]["repeats"],
    )
    print(f"{result.usable.sum()} of {len(result.usable)} circuits usable")
    files.save_calibration(snakemake.output[0], result, wafer, config["calibration"])

from functools import partial

from waferloop import backends, calibration, experiment, files

with files.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    connect = partial(backends.connect, config["substrate"], run, experiment.region_size(config))
    settings = config["calibration"]
    hicanns = experiment.hicanns(config, run)
    result = (
        calibration.calibrate(
            lambda placement, write: connect(placement, (config["seed"], experiment.BENCH, write)),
            hicanns,
            experiment.neuron(config),
            settings["repeats"],
        )
        if settings["enabled"]
        else calibration.of_hicanns(hicanns)
    )
    print(f"{result.usable.sum()} of {len(result.usable)} circuits usable")
    files.save_calibration(snakemake.output.transfers, result)
    files.write_csv(snakemake.output.table, files.calibration_rows(result))

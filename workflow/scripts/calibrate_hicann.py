from waferloop import backends, calibration
from waferloop.experiment import rig, store

with store.logged(snakemake.log[0]):
    config, wildcards = snakemake.params.config, snakemake.wildcards
    wafer, hicann = int(wildcards.wafer), int(wildcards.hicann)
    result = calibration.calibrate(
        lambda placement, number: backends.connect(
            rig.bench_connection(config, wafer, hicann, number), placement
        ),
        hicann,
        rig.bench(config),
        config["calibration"]["repeats"],
    )
    print(f"{result.usable.sum()} of {len(result.usable)} circuits usable")
    store.save_calibration(snakemake.output[0], result, wafer, config["calibration"])

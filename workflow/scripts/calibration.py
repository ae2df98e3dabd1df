from waferloop import calibration
from waferloop.experiment import rig, store

with store.logged(snakemake.log[0]):
    parts = [store.load_calibration(path) for path in snakemake.input]
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    wafer, hicanns = rig.wafer(config, run), rig.hicanns(config, run)
    result = calibration.join(parts) if parts else calibration.of_hicanns(hicanns)
    if not config["calibration"]["enabled"]:
        result = calibration.without_transfers(result)
    print(f"{result.usable.sum()} of {len(result.usable)} circuits usable")
    store.save_calibration(snakemake.output.transfers, result, wafer, config["calibration"])
    store.write_csv(snakemake.output.table, store.calibration_rows(result))

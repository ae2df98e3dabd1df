import numpy as np
from waferloop import backends, calibration
from waferloop.chip import geometry
from waferloop.experiment import rig, store

with store.logged(snakemake.log[0]):
    config, wafer = snakemake.params.config, int(snakemake.wildcards.wafer)
    found = calibration.answering(
        lambda placement, number: backends.connect(
            rig.bench_connection(config, wafer, 0, number), placement
        ),
        np.arange(geometry.HICANNS),
    )
    print(f"{len(found)} of {geometry.HICANNS} HICANNs answer")
    store.save_hicanns(snakemake.output[0], found)

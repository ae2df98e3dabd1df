import numpy as np
from waferloop import calibration, mapping
from waferloop.experiment import rig, store

with store.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    answering = store.load_hicanns(snakemake.input.answering)
    hicanns = rig.hicanns(config, run)
    found = store.load_calibration(snakemake.input.calibration)
    around = config["mapping"]["around_defects"]
    usable = found.parts if around else calibration.of_hicanns(hicanns).parts
    result = mapping.place(
        rig.layers(config),
        config["substrate"]["denmems_per_neuron"],
        hicanns,
        np.intersect1d(rig.input_hicanns(config, run), answering),
        usable,
    )
    print(f"{sum(loss.synapses for loss in result.losses)} synapses lost")
    store.save_mapping(snakemake.output.placement, result)
    store.write_csv(snakemake.output.table, store.placement_rows(result.placement))
    store.write_csv(snakemake.output.losses, store.loss_rows(result))

import numpy as np
from waferloop import calibration, experiment, files, mapping

with files.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    answering = files.load_hicanns(snakemake.input.answering)
    hicanns = experiment.hicanns(config, run)
    found = files.load_calibration(snakemake.input.calibration)
    around = config["mapping"]["around_defects"]
    usable = found.parts if around else calibration.of_hicanns(hicanns).parts
    result = mapping.place(
        experiment.layers(config),
        config["substrate"]["denmems_per_neuron"],
        hicanns,
        np.intersect1d(experiment.input_hicanns(config, run), answering),
        usable,
    )
    print(f"{sum(loss.synapses for loss in result.losses)} synapses lost")
    files.save_mapping(snakemake.output.placement, result)
    files.write_csv(snakemake.output.table, files.placement_rows(result.placement))
    files.write_csv(snakemake.output.losses, files.loss_rows(result))

import numpy as np
from waferloop import experiment, files, mapping

with files.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    answering = files.load_hicanns(snakemake.input.answering)
    result = mapping.place(
        experiment.layers(config),
        config["substrate"]["denmems_per_neuron"],
        experiment.hicanns(config, run),
        np.intersect1d(experiment.input_hicanns(config, run), answering),
        files.load_calibration(snakemake.input.calibration).parts,
    )
    print(f"{sum(loss.synapses for loss in result.losses)} synapses lost")
    files.save_mapping(snakemake.output.placement, result)
    files.write_csv(snakemake.output.table, files.placement_rows(result.placement))
    files.write_csv(snakemake.output.losses, files.loss_rows(result))

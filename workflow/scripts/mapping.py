from waferloop import experiment, files, mapping

with files.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    placement = mapping.place(
        experiment.layers(config),
        config["substrate"]["denmems_per_neuron"],
        experiment.hicanns(config, run),
        files.load_calibration(snakemake.input[0]).parts,
    )
    files.save_placement(snakemake.output.placement, placement)
    files.write_csv(snakemake.output.table, files.placement_rows(placement))

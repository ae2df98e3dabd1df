from waferloop import activation, backends, experiment, files

with files.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    network = files.load_placement(snakemake.input.placement)
    drivers = files.load_calibration(snakemake.input.calibration).drivers
    substrate = backends.programmed(
        experiment.connection(
            config, run, uncalibrated=snakemake.wildcards.state == "uncalibrated"
        ),
        activation.placed(network, drivers),
        files.load_codes(snakemake.input.codes).of_projection(0),
        snakemake.threads,
    )
    weight = activation.medium_weight(experiment.weight_bits(config))
    curves = activation.measure(substrate, network.neurons, weight, config["seed"])
    files.save_curves(snakemake.output[0], curves)

from waferloop import activation, backends, datasheet, experiment, files, traces

with files.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    network = files.load_placement(snakemake.input.placement)
    drivers = files.load_calibration(snakemake.input.calibration).drivers
    substrate = backends.programmed(
        experiment.connection(
            config, run, uncalibrated=snakemake.wildcards.state == "uncalibrated"
        ),
        activation.placed(network, drivers),
        traces.documented_gain(files.load_codes(snakemake.input.codes)),
        snakemake.threads,
    )
    strongest = datasheet.weight_max(experiment.weight_bits(config))
    seen = traces.record(substrate, network.neurons, strongest)
    files.save_traces(snakemake.output[0], seen)

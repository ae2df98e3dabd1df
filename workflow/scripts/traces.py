from waferloop import activation, backends, datasheet, experiment, files, traces

with files.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    network = files.load_placement(snakemake.input.placement)
    drivers = files.load_calibration(snakemake.input.calibration).drivers
    substrate = backends.connect(
        config["substrate"],
        experiment.wafer(config, run),
        activation.placed(network, drivers),
        experiment.network_write(config, run, snakemake.wildcards.state == "uncalibrated"),
        snakemake.threads,
    )
    substrate.program(traces.documented_gain(files.load_codes(snakemake.input.codes)))
    strongest = datasheet.weight_max(experiment.weight_bits(config))
    seen = traces.record(substrate, network.neurons, strongest)
    files.save_traces(snakemake.output[0], seen)

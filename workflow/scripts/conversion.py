from functools import partial

from waferloop import backends, calibration, conversion, encoding, experiment, files, network

with files.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    data = files.load_dataset(snakemake.input.dataset)
    placement = files.load_placement(snakemake.input.placement)
    bits = experiment.weight_bits(config)
    weights = conversion.quantise(files.load_projections(snakemake.input.weights), bits)
    transfers = files.load_calibration(snakemake.input.calibration)
    uncalibrated = snakemake.wildcards.state == "uncalibrated"
    if uncalibrated:
        transfers = calibration.of_hicanns(experiment.hicanns(config, run))
    codes = calibration.codes_for(transfers, placement.denmems, experiment.neuron(config))
    images = data.x_train[: config["conversion"]["images"]]
    presentation = experiment.presentation(config)
    gains, tried = conversion.choose_gains(
        partial(
            conversion.present,
            partial(
                backends.connect,
                experiment.connection(config, run, uncalibrated=uncalibrated),
                placement,
                snakemake.threads,
            ),
            codes,
            weights,
            encoding.poisson(images, presentation, config["seed"], ("run", run, "conversion")),
            presentation.window,
        ),
        network.forward(conversion.dequantise(weights, bits), images),
        placement.layers,
        experiment.v_gmax(config),
        tuple(config["conversion"]["gmax_div"]),
    )
    print(gains)
    files.save_codes(snakemake.output.codes, gains.program(codes))
    files.write_csv(snakemake.output.table, tried)

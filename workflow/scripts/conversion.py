from functools import partial

from waferloop import backends, calibration, conversion, network
from waferloop.coding import encoding
from waferloop.experiment import rig, store

with store.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    data = store.load_dataset(snakemake.input.dataset)
    placement = store.load_placement(snakemake.input.placement)
    bits = rig.weight_bits(config)
    weights = conversion.quantise(store.load_projections(snakemake.input.weights), bits)
    transfers = store.load_calibration(snakemake.input.calibration)
    uncalibrated = snakemake.wildcards.state == "uncalibrated"
    if uncalibrated:
        transfers = calibration.of_hicanns(rig.hicanns(config, run))
    codes = calibration.codes_for(transfers, placement.denmems, rig.neuron(config))
    images = data.x_train[: config["conversion"]["images"]]
    presentation = rig.presentation(config)
    gains, tried = conversion.choose_gains(
        partial(
            conversion.present,
            partial(
                backends.connect,
                rig.connection(config, run, uncalibrated=uncalibrated),
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
        rig.v_gmax(config),
        tuple(config["conversion"]["gmax_div"]),
    )
    print(gains)
    store.save_codes(snakemake.output.codes, gains.program(codes))
    store.write_csv(snakemake.output.table, tried)

from waferloop import backends
from waferloop.analysis import activation
from waferloop.experiment import rig, store

with store.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    network = store.load_placement(snakemake.input.placement)
    drivers = store.load_calibration(snakemake.input.calibration).drivers
    substrate = backends.programmed(
        rig.connection(config, run, uncalibrated=snakemake.wildcards.state == "uncalibrated"),
        activation.placed(network, drivers),
        store.load_codes(snakemake.input.codes).of_projection(0),
        snakemake.threads,
    )
    weight = activation.medium_weight(rig.weight_bits(config))
    curves = activation.measure(substrate, network.neurons, weight, config["seed"])
    store.save_curves(snakemake.output[0], curves)

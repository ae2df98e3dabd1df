from waferloop import backends
from waferloop.analysis import activation, traces
from waferloop.chip import datasheet
from waferloop.experiment import rig, store

with store.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    network = store.load_placement(snakemake.input.placement)
    drivers = store.load_calibration(snakemake.input.calibration).drivers
    substrate = backends.programmed(
        rig.connection(config, run, uncalibrated=snakemake.wildcards.state == "uncalibrated"),
        activation.placed(network, drivers),
        traces.documented_gain(store.load_codes(snakemake.input.codes)),
        snakemake.threads,
    )
    strongest = datasheet.weight_max(rig.weight_bits(config))
    seen = traces.record(substrate, network.neurons, strongest)
    store.save_traces(snakemake.output[0], seen)

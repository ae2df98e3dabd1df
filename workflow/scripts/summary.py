from waferloop import conversion, network
from waferloop.analysis import timing
from waferloop.backends.emulator import kernel_name
from waferloop.experiment import rig, store, summary
from waferloop.learning import loop

with store.logged(snakemake.log[0]):
    config = snakemake.params.config
    data = store.load_dataset(snakemake.input.dataset)
    weights = [store.load_projections(path) for path in snakemake.input.weights]
    bits = rig.weight_bits(config)
    rounded = [conversion.dequantise(conversion.quantise(w, bits), bits) for w in weights]
    results = {
        state: [store.load_evaluation(path) for path in snakemake.input[state]]
        for state in ("uncalibrated", "converted", "in_the_loop")
        if snakemake.input.get(state)
    }

    def in_software(networks):
        outputs = (network.forward(w, data.x_test)[-1] for w in networks)
        return [network.accuracy(output, data.y_test) for output in outputs]

    names = {"uncalibrated": "converted_uncalibrated"}
    accuracies = {
        "software": in_software(weights),
        "software_quantised": in_software(rounded),
        **{
            names.get(state, state): [result.accuracy for result in found]
            for state, found in results.items()
        },
    }
    loops = [store.read_csv(path)[1:] for path in snakemake.input.loops]
    placement = store.load_placement(snakemake.input.placement)
    account = timing.account(
        placement,
        config["loop"]["batch"],
        rig.presentation(config).window,
        *loop.spikes_per_iteration(loops, placement.layers, config["loop"]["batch"]),
        rewrite=config["loop"]["rewrite"],
    )
    store.write_json(
        snakemake.output[0],
        summary.summarise(
            config["experiment"],
            len(data.y_test),
            config["loop"]["iterations"],
            config["loop"]["failures"]["iteration"],
            accuracies,
            [[float(row["batch_accuracy"]) for row in rows] for rows in loops],
            [result.times_real_time for result in results["in_the_loop"]],
            kernel_name(config["substrate"]),
            account,
            [float(row["seconds"]) for rows in loops for row in rows],
        ),
    )

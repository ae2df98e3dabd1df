from waferloop import conversion, experiment, files, loop, network, summary, timing
from waferloop.backends.emulator import kernel_name

with files.logged(snakemake.log[0]):
    config = snakemake.params.config
    data = files.load_dataset(snakemake.input.dataset)
    weights = [files.load_projections(path) for path in snakemake.input.weights]
    bits = experiment.weight_bits(config)
    rounded = [conversion.dequantise(conversion.quantise(w, bits), bits) for w in weights]
    results = {
        state: [files.load_evaluation(path) for path in snakemake.input[state]]
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
    loops = [files.read_csv(path)[1:] for path in snakemake.input.loops]
    placement = files.load_placement(snakemake.input.placement)
    account = timing.account(
        placement,
        config["loop"]["batch"],
        experiment.presentation(config).window,
        *loop.spikes_per_iteration(loops, placement.layers, config["loop"]["batch"]),
        rewrite=config["loop"]["rewrite"],
    )
    files.write_json(
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

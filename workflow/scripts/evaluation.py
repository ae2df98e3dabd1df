from pathlib import Path

from waferloop import backends, checkpoint, conversion, evaluation, experiment, files

with files.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    weights, updates = snakemake.input.weights, 0
    if snakemake.wildcards.state == "in_the_loop":
        state = checkpoint.load(Path(weights), snakemake.params.config_hash)
        codes, updates = state.codes, state.iteration
    else:
        codes = conversion.quantise(files.load_projections(weights), experiment.weight_bits(config))
    substrate = backends.programmed(
        experiment.connection(
            config,
            run,
            uncalibrated=snakemake.wildcards.state == "uncalibrated",
            updates=updates,
            iteration=updates,
        ),
        files.load_placement(snakemake.input.placement),
        files.load_codes(snakemake.input.codes),
        snakemake.threads,
    )
    result = evaluation.evaluate(
        substrate,
        codes,
        files.load_dataset(snakemake.input.dataset),
        experiment.presentation(config),
        config["seed"],
        run,
    )
    print(f"accuracy {result.accuracy:.4f}, {result.times_real_time:.0f} times real time")
    files.save_evaluation(snakemake.output[0], result)

from pathlib import Path

from waferloop import backends, checkpoint, experiment, files, finite_differences

with files.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    state = checkpoint.load(Path(snakemake.input.before), snakemake.params.config_hash)
    substrate = backends.programmed(
        experiment.connection(config, run, updates=state.iteration, iteration=state.iteration + 1),
        files.load_placement(snakemake.input.placement),
        files.load_codes(snakemake.input.codes),
        snakemake.threads,
    )
    gradient = finite_differences.true_gradient(
        state,
        substrate,
        files.load_dataset(snakemake.input.dataset),
        experiment.presentation(config),
        experiment.loop(config),
        experiment.differences(config),
        config["seed"],
        run,
    )
    files.save_projections(snakemake.output[0], gradient)

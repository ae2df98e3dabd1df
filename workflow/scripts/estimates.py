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
    found = finite_differences.estimates(
        state,
        substrate,
        files.load_dataset(snakemake.input.dataset),
        experiment.presentation(config),
        [experiment.loop({**config, "loop": section}) for section in snakemake.params.loops],
        config["seed"],
        run,
    )
    files.save_projections(snakemake.output[0], found)

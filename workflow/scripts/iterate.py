from pathlib import Path

from waferloop import backends, checkpoint, experiment, files, loop

with files.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    placement = files.load_placement(snakemake.input.placement)
    codes = files.load_codes(snakemake.input.codes)
    data = files.load_dataset(snakemake.input.dataset)
    state = checkpoint.load(Path(snakemake.input.before), snakemake.params.config_hash)
    connected = None
    for path in snakemake.output:
        wanted = experiment.connection(
            config, run, updates=state.iteration, iteration=state.iteration + 1
        )
        if wanted != connected:
            substrate = backends.programmed(wanted, placement, codes, snakemake.threads)
            connected = wanted
        state = loop.iterate(
            state,
            substrate,
            data,
            experiment.presentation(config),
            experiment.loop(config),
            config["seed"],
            run,
        )
        print(state.iteration, state.metrics)
        checkpoint.save(Path(path), state)

from pathlib import Path

from waferloop import backends, checkpoint, experiment, files, loop

with files.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    placement = files.load_placement(snakemake.input.placement)
    codes = files.load_codes(snakemake.input.codes)
    data = files.load_dataset(snakemake.input.dataset)
    state = checkpoint.load(Path(snakemake.input.before), snakemake.params.config_hash)
    written = None
    for path in snakemake.output:
        write = experiment.network_write(config, run, updates=state.iteration)
        if write != written:
            substrate = backends.connect(
                config["substrate"],
                experiment.wafer(config, run),
                placement,
                write,
                snakemake.threads,
            )
            substrate.program(codes)
            written = write
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

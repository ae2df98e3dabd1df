from pathlib import Path

from waferloop import backends
from waferloop.experiment import rig, store
from waferloop.learning import checkpoint, loop

with store.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    placement = store.load_placement(snakemake.input.placement)
    codes = store.load_codes(snakemake.input.codes)
    data = store.load_dataset(snakemake.input.dataset)
    state = checkpoint.load(Path(snakemake.input.before), snakemake.params.config_hash)
    connected = None
    for path in snakemake.output:
        wanted = rig.connection(config, run, updates=state.iteration, iteration=state.iteration + 1)
        if wanted != connected:
            substrate = backends.programmed(wanted, placement, codes, snakemake.threads)
            connected = wanted
        state = loop.iterate(
            state,
            substrate,
            data,
            rig.presentation(config),
            rig.loop(config),
            config["seed"],
            run,
        )
        print(state.iteration, state.metrics)
        checkpoint.save(Path(path), state)

from pathlib import Path

from waferloop import backends
from waferloop.analysis import finite_differences
from waferloop.experiment import rig, store
from waferloop.learning import checkpoint

with store.logged(snakemake.log[0]):
    config, run = snakemake.params.config, int(snakemake.wildcards.run)
    state = checkpoint.load(Path(snakemake.input.before), snakemake.params.config_hash)
    substrate = backends.programmed(
        rig.connection(config, run, updates=state.iteration, iteration=state.iteration + 1),
        store.load_placement(snakemake.input.placement),
        store.load_codes(snakemake.input.codes),
        snakemake.threads,
    )
    found = finite_differences.estimates(
        state,
        substrate,
        store.load_dataset(snakemake.input.dataset),
        rig.presentation(config),
        [rig.loop({**config, "loop": section}) for section in snakemake.params.loops],
        config["seed"],
        run,
    )
    store.save_projections(snakemake.output[0], found)

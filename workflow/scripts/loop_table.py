from pathlib import Path

from waferloop.experiment import store
from waferloop.learning import checkpoint, loop

with store.logged(snakemake.log[0]):
    states = [
        checkpoint.load(Path(path), snakemake.params.config_hash)
        for path in snakemake.input.checkpoints
    ]
    converted, final = (
        store.load_evaluation(path) for path in (snakemake.input.converted, snakemake.input.final)
    )
    rows = loop.table([state.metrics for state in states], converted.accuracy, final.accuracy)
    store.write_csv(snakemake.output[0], rows)

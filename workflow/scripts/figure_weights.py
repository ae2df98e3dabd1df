from pathlib import Path

from waferloop.experiment import rig, store
from waferloop.learning import checkpoint

with store.logged(snakemake.log[0]):
    from waferloop.figures import style, weights

    first, last = (
        checkpoint.load(Path(snakemake.input[name]), snakemake.params.config_hash).codes
        for name in ("first", "last")
    )
    rows = weights.table(store.load_projections(snakemake.input.software), first, last)
    store.write_csv(snakemake.output.csv, rows)
    bits = rig.weight_bits(snakemake.params.config)
    style.save(weights.draw(rows, bits), snakemake.output.svg)

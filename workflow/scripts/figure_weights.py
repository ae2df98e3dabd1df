from pathlib import Path

from waferloop import checkpoint, experiment, files

with files.logged(snakemake.log[0]):
    from waferloop.figures import style, weights

    first, last = (
        checkpoint.load(Path(snakemake.input[name]), snakemake.params.config_hash).codes
        for name in ("first", "last")
    )
    rows = weights.table(files.load_projections(snakemake.input.software), first, last)
    files.write_csv(snakemake.output.csv, rows)
    bits = experiment.weight_bits(snakemake.params.config)
    style.save(weights.draw(rows, bits), snakemake.output.svg)

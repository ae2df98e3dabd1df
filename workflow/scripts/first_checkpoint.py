from pathlib import Path

from waferloop import checkpoint, files, loop

with files.logged(snakemake.log[0]):
    weights = files.load_projections(snakemake.input.weights)
    start = loop.converted(weights, snakemake.params.config_hash)
    checkpoint.save(Path(snakemake.output[0]), start)

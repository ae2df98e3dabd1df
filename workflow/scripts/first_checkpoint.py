from pathlib import Path

from waferloop import checkpoint, experiment, files, loop

with files.logged(snakemake.log[0]):
    weights = files.load_projections(snakemake.input.weights)
    bits = experiment.weight_bits(snakemake.params.config)
    start = loop.converted(weights, bits, snakemake.params.config_hash)
    checkpoint.save(Path(snakemake.output[0]), start)

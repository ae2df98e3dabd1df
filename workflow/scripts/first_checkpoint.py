from pathlib import Path

from waferloop.experiment import rig, store
from waferloop.learning import checkpoint, loop

with store.logged(snakemake.log[0]):
    weights = store.load_projections(snakemake.input.weights)
    bits = rig.weight_bits(snakemake.params.config)
    start = loop.converted(weights, bits, snakemake.params.config_hash)
    checkpoint.save(Path(snakemake.output[0]), start)

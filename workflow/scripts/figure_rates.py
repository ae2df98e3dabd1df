from pathlib import Path

from waferloop import conversion, network
from waferloop.experiment import rig, store
from waferloop.learning import checkpoint

with store.logged(snakemake.log[0]):
    from waferloop.figures import rates, style

    config, images = snakemake.params.config, store.load_dataset(snakemake.input.dataset).x_test
    weights = {"converted": snakemake.input.first, "in_the_loop": snakemake.input.last}
    bits, activations = rig.weight_bits(config), {}
    for state, path in weights.items():
        codes = checkpoint.load(Path(path), snakemake.params.config_hash).codes
        activations[state] = network.forward(conversion.dequantise(codes, bits), images)
    counts = {state: store.load_evaluation(snakemake.input[state]).counts for state in weights}
    window = rig.presentation(config).window
    rows = rates.table(counts, activations, rig.layers(config), window)
    store.write_csv(snakemake.output.csv, rows)
    style.save(rates.draw(rows), snakemake.output.svg)

from pathlib import Path

from waferloop import checkpoint, conversion, experiment, files, network

with files.logged(snakemake.log[0]):
    from waferloop.figures import rates, style

    config, images = snakemake.params.config, files.load_dataset(snakemake.input.dataset).x_test
    weights = {"converted": snakemake.input.first, "in_the_loop": snakemake.input.last}
    bits, activations = experiment.weight_bits(config), {}
    for state, path in weights.items():
        codes = checkpoint.load(Path(path), snakemake.params.config_hash).codes
        activations[state] = network.forward(conversion.dequantise(codes, bits), images)
    counts = {state: files.load_evaluation(snakemake.input[state]).counts for state in weights}
    window = experiment.presentation(config).window
    rows = rates.table(counts, activations, experiment.layers(config), window)
    files.write_csv(snakemake.output.csv, rows)
    style.save(rates.draw(rows), snakemake.output.svg)

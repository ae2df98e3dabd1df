from dataclasses import asdict
from pathlib import Path

from waferloop import checkpoint, experiment, files, seeds, software

with files.logged(snakemake.log[0]):
    config = snakemake.params.config
    data, layers = files.load_dataset(snakemake.input.dataset), experiment.layers(config)
    if snakemake.input.start:
        weights = checkpoint.load_weights(Path(snakemake.input.start[0]), layers)
        progress = [software.untrained(weights, data)]
    else:
        weights, progress = software.train(
            data,
            layers,
            experiment.training(config),
            seeds.generator(config["seed"], "run", int(snakemake.wildcards.run), "software"),
        )
    print(progress[-1])
    files.save_projections(snakemake.output.weights, weights)
    files.write_csv(snakemake.output.progress, map(asdict, progress))

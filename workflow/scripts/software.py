from dataclasses import asdict
from pathlib import Path

from waferloop import seeds
from waferloop.experiment import rig, store
from waferloop.learning import checkpoint, software

with store.logged(snakemake.log[0]):
    config = snakemake.params.config
    data, layers = store.load_dataset(snakemake.input.dataset), rig.layers(config)
    if snakemake.input.start:
        weights = checkpoint.load_weights(Path(snakemake.input.start[0]), layers)
        progress = [software.untrained(weights, data)]
    else:
        weights, progress = software.train(
            data,
            layers,
            rig.training(config),
            seeds.generator(config["seed"], "run", int(snakemake.wildcards.run), "software"),
        )
    print(progress[-1])
    store.save_projections(snakemake.output.weights, weights)
    store.write_csv(snakemake.output.progress, map(asdict, progress))

from dataclasses import asdict

from waferloop import experiment, files, seeds, software

with files.logged(snakemake.log[0]):
    config = snakemake.params.config
    weights, progress = software.train(
        files.load_dataset(snakemake.input[0]),
        experiment.layers(config),
        experiment.training(config),
        seeds.generator(config["seed"], "run", int(snakemake.wildcards.run), "software"),
    )
    print(progress[-1])
    files.save_projections(snakemake.output.weights, weights)
    files.write_csv(snakemake.output.progress, map(asdict, progress))

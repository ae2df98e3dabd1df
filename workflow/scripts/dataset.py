from pathlib import Path

from waferloop import dataset, files

with files.logged(snakemake.log[0]):
    data = dataset.load(
        **snakemake.params.config["dataset"],
        bundled=Path(snakemake.params.bundled),
    )
    print(f"{len(data.x_train)} training and {len(data.x_test)} test images")
    files.save_dataset(snakemake.output[0], data)

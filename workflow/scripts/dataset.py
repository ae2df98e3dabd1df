from pathlib import Path

from waferloop import datasets
from waferloop.experiment import store

with store.logged(snakemake.log[0]):
    data = datasets.load(
        **snakemake.params.config["dataset"],
        bundled=Path(snakemake.params.bundled),
    )
    print(f"{len(data.x_train)} training and {len(data.x_test)} test images")
    store.save_dataset(snakemake.output[0], data)

from pathlib import Path

from waferloop import datasets
from waferloop.experiment.job import started

with started(snakemake) as job:
    data = datasets.load(job.settings.dataset, [Path(path) for path in job.inputs("files")])
    print(f"{len(data.x_train)} training and {len(data.x_test)} test images")
    job.save(dataset=data)

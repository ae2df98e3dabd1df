from pathlib import Path

from waferloop.experiment.job import started

with started(snakemake) as job:
    start = [Path(path) for path in job.inputs("start")]
    trained, progress = job.rig.software(job.load("dataset"), *start)
    print(progress[-1])
    job.save(software=trained, progress=progress)

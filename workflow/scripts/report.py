from pathlib import Path

from waferloop import figures, report
from waferloop.experiment.job import started

with started(snakemake) as job:
    context = figures.Context(job.settings)
    shown = [
        report.shown(Path(path).stem, job.read(path), context) for path in job.inputs("figures")
    ]
    job.save(report=report.render(job.load("summary"), job.load("manifest"), shown))

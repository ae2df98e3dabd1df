from waferloop import report
from waferloop.experiment import gather
from waferloop.experiment.job import started

with started(snakemake) as job:
    job.save(sweep_report=report.render_sweep(gather.swept(job)))

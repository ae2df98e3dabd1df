from waferloop.experiment import sweep
from waferloop.experiment.job import started

with started(snakemake) as job:
    job.save(sweep_table=sweep.rows(job.params.variants, job.load("summaries")))

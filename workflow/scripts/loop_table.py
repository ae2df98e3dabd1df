from waferloop.experiment.job import started
from waferloop.learning import loop

with started(snakemake) as job:
    iterations = range(1, job.settings.loop.iterations + 1)
    metrics = [job.measured(n) for n in iterations]
    converted, final = job.load("converted").accuracy, job.load("final").accuracy
    job.save(loop_table=loop.table(metrics, converted, final))

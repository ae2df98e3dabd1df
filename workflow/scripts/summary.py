from waferloop.experiment import summary
from waferloop.experiment.job import started

with started(snakemake) as job:
    states = ("uncalibrated", "converted", "in_the_loop")
    results = summary.Results(
        job.load("dataset"),
        job.load("mapping").placement,
        [trained.weights for trained in job.load("software")],
        {state: job.load(state) for state in states if job.inputs(state)},
        job.load("loops"),
    )
    job.save(summary=summary.summarise(job.settings, results))

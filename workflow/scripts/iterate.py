from waferloop.experiment.job import started

with started(snakemake) as job:
    data, placement = job.load("dataset"), job.load("mapping").placement
    before, last = job.load("before"), int(job.wildcards.iteration)
    before = job.latest_checkpoint(range(before.iteration + 1, last)) or before
    for state in job.rig.train(before, data, placement, job.load("circuits"), until=last):
        print(state.iteration, state.metrics)
        job.save_checkpoint(state)

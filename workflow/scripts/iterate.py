from waferloop.experiment.job import started

with started(snakemake) as job:
    data, placement = job.load("dataset"), job.load("mapping").placement
    given, last = job.load("before"), int(job.wildcards.iteration)
    before = job.latest_checkpoint(range(given.iteration + 1, last)) or given
    for state in job.rig.train(before, data, placement, job.load("circuits"), until=last):
        print(state.iteration, state.metrics)
        job.save_checkpoint(state, given.iteration)

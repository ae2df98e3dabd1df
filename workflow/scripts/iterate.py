from waferloop.experiment.job import started

with started(snakemake) as job:
    data, placement = job.load("dataset"), job.load("mapping").placement
    state, last = job.load("before"), int(job.wildcards.iteration)
    state = job.latest_checkpoint(range(state.iteration + 1, last)) or state
    for state in job.rig.train(state, data, placement, job.load("circuits"), until=last):
        print(state.iteration, state.metrics)
        job.save_checkpoint(state)

from waferloop.experiment.job import started

with started(snakemake) as job:
    data, given, last = job.load("dataset"), job.load("before"), int(job.wildcards.iteration)
    before = job.latest_checkpoint(range(given.iteration + 1, last)) or given
    if job.settings.loop.chips:
        parts = [job.read(path) for path in job.inputs("chips")]
        weights = job.load("software").weights
        states = job.rig.train_elsewhere(before, data, weights, parts, until=last)
    else:
        placement, circuits = job.load("mapping").placement, job.load("circuits")
        states = job.rig.train(before, data, placement, circuits, until=last)
    for state in states:
        print(state.iteration, state.metrics)
        job.save_checkpoint(state, given.iteration)

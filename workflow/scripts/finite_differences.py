from waferloop.analysis import finite_differences
from waferloop.experiment.job import started

with started(snakemake) as job:
    state, circuits = job.load("before"), job.load("circuits")
    placement = job.load("mapping").placement
    presenter = job.rig.for_iteration(state.iteration + 1, placement, circuits)
    loop, differences = job.settings.loop, job.settings.finite_differences
    data = job.load("dataset")
    job.save(gradients=finite_differences.true_gradient(state, presenter, data, loop, differences))

from waferloop import settings
from waferloop.analysis import finite_differences
from waferloop.experiment.job import started

with started(snakemake) as job:
    state, circuits = job.load("before"), job.load("circuits")
    placement = job.load("mapping").placement
    presenter = job.rig.for_iteration(state.iteration + 1, placement, circuits)
    loops = [settings.of(loop, settings.Loop) for loop in job.params.loops]
    found = finite_differences.estimates(state, presenter, job.load("dataset"), loops)
    job.save(estimates=found)

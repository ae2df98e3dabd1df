from waferloop import settings
from waferloop.analysis import finite_differences
from waferloop.experiment.job import started

with started(snakemake) as job:
    state = job.load("before")
    substrate = job.rig.opened(
        job.load("mapping").placement,
        job.load("circuits"),
        updates=state.iteration,
        iteration=state.iteration + 1,
    )
    loops = [settings.of(loop, settings.Loop) for loop in job.params.loops]
    presenter, data = job.rig.presenter(substrate), job.load("dataset")
    job.save(estimates=finite_differences.estimates(state, presenter, data, loops))

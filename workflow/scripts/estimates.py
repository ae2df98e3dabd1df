from waferloop import settings
from waferloop.analysis import finite_differences
from waferloop.experiment.job import started

with started(snakemake) as job:
    state = job.load("before")
    circuits = job.load("circuits")
    substrate = job.rig.opened(
        job.load("mapping").placement,
        circuits,
        updates=state.iteration,
        iteration=state.iteration + 1,
    )
    loops = [settings.of(loop, settings.Loop) for loop in job.params.loops]
    presenter, data = job.rig.presenter(substrate, circuits=circuits), job.load("dataset")
    job.save(estimates=finite_differences.estimates(state, presenter, data, loops))

from waferloop.analysis import finite_differences
from waferloop.experiment.job import started

with started(snakemake) as job:
    state, settings, circuits = job.load("before"), job.settings, job.load("circuits")
    substrate = job.rig.opened(
        job.load("mapping").placement,
        circuits,
        updates=state.iteration,
        iteration=state.iteration + 1,
    )
    found = finite_differences.true_gradient(
        state,
        job.rig.presenter(substrate, circuits=circuits),
        job.load("dataset"),
        settings.loop,
        settings.finite_differences,
    )
    job.save(gradients=found)

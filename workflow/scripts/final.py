from waferloop.experiment.job import started

with started(snakemake) as job:
    state = job.load("checkpoint")
    placement, circuits = job.load("mapping").placement, job.load("circuits")
    substrate = job.rig.opened(
        placement, circuits, updates=state.iteration, iteration=state.iteration
    )
    found = job.rig.evaluate(job.load("dataset"), state.codes, substrate)
    print(f"accuracy {found.accuracy:.4f}, {found.metrics}")
    job.save(final=found)

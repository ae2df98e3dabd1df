from waferloop.experiment.job import started

with started(snakemake) as job:
    codes = job.rig.converted(job.load("software").weights).codes
    placement, circuits = job.load("mapping").placement, job.load("circuits")
    substrate = job.rig.opened(placement, circuits, job.wildcards.state)
    found = job.rig.evaluate(job.load("dataset"), codes, substrate)
    print(f"accuracy {found.accuracy:.4f}, {found.metrics}")
    job.save(evaluation=found)

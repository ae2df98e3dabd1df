from waferloop import conversion
from waferloop.experiment.job import started

with started(snakemake) as job:
    codes = conversion.quantise(job.load("software").weights, job.rig.weight_bits)
    placement, circuits = job.load("mapping").placement, job.load("circuits")
    substrate = job.rig.opened(placement, circuits, job.wildcards.state)
    found = job.rig.evaluate(job.load("dataset"), codes, substrate)
    print(f"accuracy {found.accuracy:.4f}, {found.metrics}")
    job.save(evaluation=found)

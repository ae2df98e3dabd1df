from waferloop.analysis import activation
from waferloop.experiment.job import started

with started(snakemake) as job:
    placement = activation.placed(job.load("mapping").placement, job.load("calibration").drivers)
    circuits = job.load("circuits").of_projection(0)
    substrate = job.rig.opened(placement, circuits, job.wildcards.state)
    weight = activation.medium_weight(job.rig.weight_bits)
    curves = activation.measure(substrate, placement.neurons, weight, job.settings.seed)
    job.save(activation=curves)

from waferloop.analysis import activation, traces
from waferloop.chip import datasheet
from waferloop.experiment.job import started

with started(snakemake) as job:
    placement = activation.placed(job.load("mapping").placement, job.load("calibration").drivers)
    circuits = traces.documented_gain(job.load("circuits"))
    substrate = job.rig.opened(placement, circuits, job.wildcards.state)
    strongest = datasheet.weight_max(job.rig.weight_bits)
    job.save(traces=traces.record(substrate, placement.neurons, strongest))

from waferloop import calibration
from waferloop.experiment.job import started

with started(snakemake) as job:
    job.save(table=[calibration.overview(job.read(path)) for path in job.inputs("hicanns")])

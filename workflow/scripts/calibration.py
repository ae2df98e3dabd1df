from waferloop import calibration
from waferloop.experiment.job import started

with started(snakemake) as job:
    found = job.rig.calibration([job.read(path) for path in job.inputs("hicanns")])
    print(f"{found.usable.sum()} of {len(found.usable)} circuits usable")
    job.save(calibration=found, table=calibration.rows(found))

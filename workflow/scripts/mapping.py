from waferloop import mapping
from waferloop.experiment.job import started

with started(snakemake) as job:
    found = job.rig.place(job.load("calibration"), job.load("answering"))
    print(f"{sum(loss.synapses for loss in found.losses)} synapses lost")
    job.save(mapping=found, table=mapping.rows(found.placement), losses=mapping.loss_rows(found))

from waferloop.experiment.job import started

with started(snakemake) as job:
    job.save(checkpoint=job.rig.first_checkpoint(job.load("software").weights))

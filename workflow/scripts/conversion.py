from waferloop.experiment.job import started

with started(snakemake) as job:
    circuits, tried = job.rig.convert(
        job.load("dataset"),
        job.load("software").weights,
        job.load("calibration"),
        job.load("mapping").placement,
        job.wildcards.state,
    )
    print(circuits.gmax_div.tolist())
    job.save(circuits=circuits, table=tried)

from waferloop.experiment.job import started
from waferloop.experiment.rig import Rig

with started(snakemake) as job:
    found = Rig(job.settings).answering(int(job.wildcards.wafer))
    print(f"{len(found.hicanns)} HICANNs answer")
    job.save(answering=found)

from waferloop.experiment.job import started
from waferloop.experiment.rig import Rig

with started(snakemake) as job:
    wafer, hicann = int(job.wildcards.wafer), int(job.wildcards.hicann)
    found = Rig(job.settings).calibrate_hicann(hicann, wafer)
    print(f"{found.usable.sum()} of {len(found.usable)} circuits usable")
    job.save(hicann=found)

from waferloop.experiment import manifest, stages
from waferloop.experiment.job import started

with started(snakemake) as job:
    benchmarks = sorted((job.output("manifest").parent / "benchmarks").glob("*.tsv"))
    shared, iteration = job.params.makers, job.load("summary")["iteration"]
    identities = {stage: job.params.identities[stage] for stage in stages.STAGES}
    found = manifest.describe(job.settings, identities, benchmarks, shared, iteration)
    job.save(manifest=found)

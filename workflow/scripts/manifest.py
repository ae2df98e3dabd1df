from waferloop.experiment import manifest
from waferloop.experiment.job import started

with started(snakemake) as job:
    benchmarks = sorted((job.output("manifest").parent / "benchmarks").glob("*.tsv"))
    shared, iteration = job.params.makers, job.load("summary")["iteration"]
    found = manifest.describe(job.settings, job.params.identities, benchmarks, shared, iteration)
    job.save(manifest=found)

from pathlib import Path

from waferloop.experiment import manifest, store

with store.logged(snakemake.log[0]):
    params = snakemake.params
    benchmarks = list(Path(params.benchmarks).glob("*.tsv"))
    root = Path(params.root)
    iteration = store.read_json(snakemake.input[0])["iteration"]
    store.write_json(
        snakemake.output[0],
        manifest.describe(params.config, benchmarks, params.makers, root, iteration),
    )

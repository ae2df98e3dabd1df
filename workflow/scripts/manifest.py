from pathlib import Path

from waferloop import files, manifest

with files.logged(snakemake.log[0]):
    params = snakemake.params
    benchmarks = list(Path(params.benchmarks).glob("*.tsv"))
    root = Path(params.root)
    iteration = files.read_json(snakemake.input[0])["iteration"]
    files.write_json(
        snakemake.output[0],
        manifest.describe(params.config, benchmarks, params.makers, root, iteration),
    )

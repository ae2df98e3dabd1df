from waferloop import files, sweep

with files.logged(snakemake.log[0]):
    summaries = [files.read_json(path) for path in snakemake.input]
    rows = sweep.rows(sweep.settings(snakemake.params.config), summaries)
    files.write_csv(snakemake.output[0], rows)

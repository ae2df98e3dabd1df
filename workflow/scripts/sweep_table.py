from waferloop.experiment import store, sweep

with store.logged(snakemake.log[0]):
    summaries = [store.read_json(path) for path in snakemake.input]
    rows = sweep.rows(sweep.settings(snakemake.params.config), summaries)
    store.write_csv(snakemake.output[0], rows)

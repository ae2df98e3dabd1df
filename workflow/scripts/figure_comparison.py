from waferloop.experiment import store

with store.logged(snakemake.log[0]):
    from waferloop.figures import comparison, style

    rows = comparison.table(store.read_json(snakemake.input[0]))
    store.write_csv(snakemake.output.csv, rows)
    classes = len(snakemake.params.config["dataset"]["classes"])
    style.save(comparison.draw(rows, classes), snakemake.output.svg)

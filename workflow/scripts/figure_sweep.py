from waferloop.experiment import store

with store.logged(snakemake.log[0]):
    from waferloop.figures import style, sweep

    runs = [{**r, "accuracy": float(r["accuracy"])} for r in store.read_csv(snakemake.input[0])]
    rows = sweep.table(runs)
    store.write_csv(snakemake.output.csv, rows)
    style.save(sweep.draw(rows), snakemake.output.svg)

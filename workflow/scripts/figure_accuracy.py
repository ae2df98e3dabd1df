from waferloop.experiment import store

with store.logged(snakemake.log[0]):
    from waferloop.figures import accuracy, style

    software, loops = (
        [store.read_csv(path) for path in snakemake.input[name]] for name in ("software", "loops")
    )
    rows = accuracy.table(software, loops)
    store.write_csv(snakemake.output.csv, rows)
    style.save(accuracy.draw(rows), snakemake.output.svg)

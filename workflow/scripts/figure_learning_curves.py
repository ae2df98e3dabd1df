from waferloop.experiment import store

with store.logged(snakemake.log[0]):
    from waferloop.figures import learning_curves, style

    loops = [store.read_csv(path) for path in snakemake.input]
    names = snakemake.params.names
    runs = len(loops) // len(names)
    rows = learning_curves.table(
        {name: loops[runs * number : runs * (number + 1)] for number, name in enumerate(names)}
    )
    store.write_csv(snakemake.output.csv, rows)
    style.save(learning_curves.draw(rows, snakemake.params.title), snakemake.output.svg)

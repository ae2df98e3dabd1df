from waferloop.experiment import store, sweep

with store.logged(snakemake.log[0]):
    from waferloop.figures import angles, style

    rows = angles.table(
        [sweep.name(values) for values in sweep.settings(snakemake.params.config)],
        snakemake.params.checkpoints,
        [store.load_projections(path) for path in snakemake.input.gradients],
        [store.load_projections(path) for path in snakemake.input.estimates],
        [store.read_json(path)["in_the_loop"]["values"] for path in snakemake.input.summaries],
    )
    store.write_csv(snakemake.output.csv, rows)
    style.save(angles.draw(rows), snakemake.output.svg)

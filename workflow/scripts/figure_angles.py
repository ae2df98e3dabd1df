from waferloop import files, sweep

with files.logged(snakemake.log[0]):
    from waferloop.figures import angles, style

    rows = angles.table(
        [sweep.name(values) for values in sweep.settings(snakemake.params.config)],
        snakemake.params.checkpoints,
        [files.load_projections(path) for path in snakemake.input.gradients],
        [files.load_projections(path) for path in snakemake.input.estimates],
        [files.read_json(path)["in_the_loop"]["values"] for path in snakemake.input.summaries],
    )
    files.write_csv(snakemake.output.csv, rows)
    style.save(angles.draw(rows), snakemake.output.svg)

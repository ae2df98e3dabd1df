from waferloop.experiment import store

with store.logged(snakemake.log[0]):
    from waferloop.figures import style, timing

    speed = [row for path in snakemake.input.speed for row in store.read_json(path)]
    rows = timing.table(store.read_json(snakemake.input.summary), speed)
    store.write_csv(snakemake.output.csv, rows)
    style.save(timing.draw(rows), snakemake.output.svg)

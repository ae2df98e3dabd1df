from waferloop import files

with files.logged(snakemake.log[0]):
    from waferloop.figures import style, timing

    speed = [row for path in snakemake.input.speed for row in files.read_json(path)]
    rows = timing.table(files.read_json(snakemake.input.summary), speed)
    files.write_csv(snakemake.output.csv, rows)
    style.save(timing.draw(rows), snakemake.output.svg)

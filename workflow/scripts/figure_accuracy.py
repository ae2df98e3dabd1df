from waferloop import files

with files.logged(snakemake.log[0]):
    from waferloop.figures import accuracy, style

    software, loops = (
        [files.read_csv(path) for path in snakemake.input[name]] for name in ("software", "loops")
    )
    rows = accuracy.table(software, loops)
    files.write_csv(snakemake.output.csv, rows)
    style.save(accuracy.draw(rows), snakemake.output.svg)

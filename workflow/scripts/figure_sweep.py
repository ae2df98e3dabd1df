from waferloop import files

with files.logged(snakemake.log[0]):
    from waferloop.figures import style, sweep

    runs = [{**r, "accuracy": float(r["accuracy"])} for r in files.read_csv(snakemake.input[0])]
    rows = sweep.table(runs)
    files.write_csv(snakemake.output.csv, rows)
    style.save(sweep.draw(rows), snakemake.output.svg)

from waferloop import files

with files.logged(snakemake.log[0]):
    from waferloop.figures import activation, style

    curves = {
        state: files.load_curves(snakemake.input[state]) for state in ("uncalibrated", "converted")
    }
    files.write_csv(snakemake.output.csv, activation.table(curves))
    style.save(activation.draw(curves), snakemake.output.svg)

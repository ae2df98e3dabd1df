from waferloop.experiment import store

with store.logged(snakemake.log[0]):
    from waferloop.figures import activation, style

    curves = {
        state: store.load_curves(snakemake.input[state]) for state in ("uncalibrated", "converted")
    }
    store.write_csv(snakemake.output.csv, activation.table(curves))
    style.save(activation.draw(curves), snakemake.output.svg)

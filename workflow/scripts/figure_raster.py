from waferloop.experiment import rig, store

with store.logged(snakemake.log[0]):
    from waferloop.figures import raster, style

    layers = rig.layers(snakemake.params.config)
    classes = snakemake.params.config["dataset"]["classes"]
    states = {
        name: store.load_evaluation(snakemake.input[name]) for name in ("converted", "in_the_loop")
    }
    rows = raster.table(states, layers, classes)
    store.write_csv(snakemake.output.csv, rows)
    decisions = {
        name: [classes[k] for k in result.decision[result.images]]
        for name, result in states.items()
    }
    style.save(raster.draw(rows, layers, classes, decisions), snakemake.output.svg)

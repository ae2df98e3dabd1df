from waferloop import experiment, files

with files.logged(snakemake.log[0]):
    from waferloop.figures import raster, style

    layers = experiment.layers(snakemake.params.config)
    classes = snakemake.params.config["dataset"]["classes"]
    states = {
        name: files.load_evaluation(snakemake.input[name]) for name in ("converted", "in_the_loop")
    }
    rows = raster.table(states, layers, classes)
    files.write_csv(snakemake.output.csv, rows)
    decisions = {
        name: [classes[k] for k in result.decision[result.images]]
        for name, result in states.items()
    }
    style.save(raster.draw(rows, layers, classes, decisions), snakemake.output.svg)

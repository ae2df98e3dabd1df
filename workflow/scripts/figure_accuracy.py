from waferloop import files, network

with files.logged(snakemake.log[0]):
    from waferloop.figures import accuracy, style

    data = files.load_dataset(snakemake.input.dataset)
    software = [
        network.accuracy(
            network.forward(files.load_projections(path), data.x_test)[-1], data.y_test
        )
        for path in snakemake.input.weights
    ]
    rows = accuracy.table([files.read_csv(path) for path in snakemake.input.loops], software)
    files.write_csv(snakemake.output.csv, rows)
    style.save(accuracy.draw(rows), snakemake.output.svg)

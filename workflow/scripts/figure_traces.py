from waferloop import experiment, files

with files.logged(snakemake.log[0]):
    from waferloop.figures import style, traces

    states = {
        state: files.load_traces(snakemake.input[state]) for state in ("uncalibrated", "converted")
    }
    rows = traces.table(states)
    files.write_csv(snakemake.output.csv, rows)
    target = experiment.neuron(snakemake.params.config)
    style.save(traces.draw(rows, target), snakemake.output.svg)

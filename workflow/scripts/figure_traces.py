from waferloop.experiment import rig, store

with store.logged(snakemake.log[0]):
    from waferloop.figures import style, traces

    states = {
        state: store.load_traces(snakemake.input[state]) for state in ("uncalibrated", "converted")
    }
    rows = traces.table(states)
    store.write_csv(snakemake.output.csv, rows)
    target = rig.neuron(snakemake.params.config)
    style.save(traces.draw(rows, target), snakemake.output.svg)

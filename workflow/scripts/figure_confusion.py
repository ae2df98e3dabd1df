from waferloop.experiment import store

with store.logged(snakemake.log[0]):
    from waferloop.figures import confusion, style

    decisions = {
        state: [store.load_evaluation(path).decision for path in snakemake.input[state]]
        for state in ("uncalibrated", "converted", "in_the_loop")
    }
    labels = store.load_dataset(snakemake.input.dataset).y_test
    rows = confusion.table(decisions, labels, snakemake.params.config["dataset"]["classes"])
    store.write_csv(snakemake.output.csv, rows)
    style.save(confusion.draw(rows, len(decisions["converted"])), snakemake.output.svg)

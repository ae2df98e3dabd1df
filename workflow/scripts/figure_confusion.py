from waferloop import files

with files.logged(snakemake.log[0]):
    from waferloop.figures import confusion, style

    decisions = {
        state: [files.load_evaluation(path).decision for path in snakemake.input[state]]
        for state in ("uncalibrated", "converted", "in_the_loop")
    }
    labels = files.load_dataset(snakemake.input.dataset).y_test
    rows = confusion.table(decisions, labels, snakemake.params.config["dataset"]["classes"])
    files.write_csv(snakemake.output.csv, rows)
    style.save(confusion.draw(rows, len(decisions["converted"])), snakemake.output.svg)

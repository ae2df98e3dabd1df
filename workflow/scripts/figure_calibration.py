from waferloop.experiment import store

with store.logged(snakemake.log[0]):
    from waferloop.figures import calibration, style

    found = store.load_calibration(snakemake.input[0])
    rows = calibration.table(found)
    store.write_csv(snakemake.output.csv, rows)
    style.save(calibration.draw(found, rows), snakemake.output.svg)

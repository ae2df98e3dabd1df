from waferloop.experiment import rig, store

with store.logged(snakemake.log[0]):
    from waferloop.figures import style, wafer

    config, inputs = snakemake.params.config, snakemake.input
    number = config["substrate"]["wafer"]
    here = [n for n in range(len(inputs.placements)) if rig.wafer(config, n) == number]
    rows = wafer.table(
        {n: store.load_placement(inputs.placements[n]) for n in here},
        {n: store.load_calibration(inputs.calibrations[n]) for n in here},
        store.load_hicanns(inputs.answering),
    )
    store.write_csv(snakemake.output.csv, rows)
    style.save(wafer.draw(rows, number), snakemake.output.svg)

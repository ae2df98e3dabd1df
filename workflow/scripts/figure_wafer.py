from waferloop import experiment, files

with files.logged(snakemake.log[0]):
    from waferloop.figures import style, wafer

    config, inputs = snakemake.params.config, snakemake.input
    number = config["substrate"]["wafer"]
    here = [n for n in range(len(inputs.placements)) if experiment.wafer(config, n) == number]
    rows = wafer.table(
        {n: files.load_placement(inputs.placements[n]) for n in here},
        {n: files.load_calibration(inputs.calibrations[n]) for n in here},
        files.load_hicanns(inputs.answering),
    )
    files.write_csv(snakemake.output.csv, rows)
    style.save(wafer.draw(rows, number), snakemake.output.svg)

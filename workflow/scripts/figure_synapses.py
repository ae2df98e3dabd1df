from waferloop import files

with files.logged(snakemake.log[0]):
    from waferloop.figures import style, synapses

    placement = files.load_placement(snakemake.input.placement)
    hicann = synapses.busiest(placement)
    use = synapses.array(placement, files.load_calibration(snakemake.input.calibration), hicann)
    files.write_csv(snakemake.output.csv, synapses.table(use))
    style.save(synapses.draw(use, hicann, placement.layers), snakemake.output.svg)

from waferloop.experiment import store

with store.logged(snakemake.log[0]):
    from waferloop.figures import style, synapses

    placement = store.load_placement(snakemake.input.placement)
    hicann = synapses.busiest(placement)
    use = synapses.array(placement, store.load_calibration(snakemake.input.calibration), hicann)
    store.write_csv(snakemake.output.csv, synapses.table(use))
    style.save(synapses.draw(use, hicann, placement.layers), snakemake.output.svg)

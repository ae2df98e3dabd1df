from waferloop import calibration
from waferloop.experiment import store

with store.logged(snakemake.log[0]):
    rows = [calibration.overview(store.load_calibration(path)) for path in snakemake.input]
    store.write_csv(snakemake.output[0], rows)

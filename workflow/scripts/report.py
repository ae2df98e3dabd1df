from pathlib import Path

from waferloop import report
from waferloop.experiment import store

with store.logged(snakemake.log[0]):
    page = report.render(
        store.read_json(snakemake.input.summary),
        store.read_json(snakemake.input.manifest),
        list(zip(snakemake.input.figures, snakemake.params.captions, strict=True)),
    )
    Path(snakemake.output[0]).write_text(page)

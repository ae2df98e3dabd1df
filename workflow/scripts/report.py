from pathlib import Path

from waferloop import files, report

with files.logged(snakemake.log[0]):
    page = report.render(
        files.read_json(snakemake.input.summary),
        files.read_json(snakemake.input.manifest),
        list(zip(snakemake.input.figures, snakemake.params.captions, strict=True)),
    )
    Path(snakemake.output[0]).write_text(page)

from pathlib import Path

from waferloop import datasheet, experiment, files, report

with files.logged(snakemake.log[0]):
    config, summary = snakemake.params.config, files.read_json(snakemake.input.summary)
    images = config["loop"]["iterations"] * config["loop"]["batch"]
    seconds = images * experiment.presentation(config).window * 1e-3 / datasheet.SPEEDUP
    page = report.render(
        summary,
        files.read_json(snakemake.input.manifest),
        list(zip(snakemake.input.figures, snakemake.params.captions, strict=True)),
        seconds,
    )
    Path(snakemake.output[0]).write_text(page)

from waferloop import figures
from waferloop.experiment import gather
from waferloop.experiment.job import started

with started(snakemake) as job:
    from waferloop.figures import style

    figure, context = figures.load(job.wildcards.figure), gather.context(job)
    table = figure.table(
        {name: gather.loaded(job, name, wanted) for name, wanted in figure.INPUTS.items()},
        context,
    )
    job.save(csv=table, **style.images(figure.draw(table, context)))

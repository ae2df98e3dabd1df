from functools import partial

from waferloop import figures, report
from waferloop.experiment import gather
from waferloop.experiment.job import started
from waferloop.report import runs

with started(snakemake) as job:
    context, summary = figures.Context(job.settings), job.load("summary")
    accuracies = summary["in_the_loop"]["values"]
    story = report.Story(
        summary,
        job.load("manifest"),
        job.load("dataset"),
        gather.drawn(job, context),
        runs.packed_within(partial(gather.run, job), accuracies, context),
        context,
    )
    job.save(report=report.render(story))

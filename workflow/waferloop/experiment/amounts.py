"""What an amount of data allows."""

from waferloop.datasets import Amount, enough
from waferloop.settings import Experiment


def check(experiment: Experiment, amount: Amount) -> None:
    """Are there the training images that an experiment asks for at once?

    Raises:
        UserError: there are not.
    """
    wanted = {
        "conversion.images": experiment.conversion.images,
        "loop.batch": experiment.loop.batch,
    }
    if experiment.software.steps and not experiment.software.start:
        wanted["software.batch"] = experiment.software.batch
    if experiment.finite_differences.iterations:
        wanted["finite_differences.images"] = experiment.finite_differences.images
    for key, images in wanted.items():
        enough(key, images, amount.train)

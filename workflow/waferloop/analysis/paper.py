"""Results that the paper reports (Schmitt et al., IJCNN 2017, doi:10.1109/IJCNN.2017.7966125).

Median and distance to the 15.9 and 84.1 percentiles over 130 runs; always shown as the paper's.
"""

from dataclasses import dataclass

from waferloop.settings import Dataset

RUNS = 130
LAYERS = (100, 15, 15, 5)


def has_task(dataset: Dataset) -> bool:
    """Whether results stand beside the paper's: five digits of MNIST at 10x10 pixels."""
    return (dataset.source, len(dataset.classes), dataset.pixels) == ("mnist", 5, 10)


@dataclass(frozen=True)
class Reported:
    """Accuracy as a fraction: median, distance to the upper and to the lower percentile."""

    median: float
    above: float
    below: float


SOFTWARE = Reported(0.97, 0.0, 0.0)
CONVERTED = Reported(0.72, 0.12, 0.10)
IN_THE_LOOP = Reported(0.95, 0.01, 0.02)

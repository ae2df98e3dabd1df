"""What conversion loses where the machine loses nothing."""

from dataclasses import replace

import pytest
from conftest import ROOT
from waferloop import datasets
from waferloop.experiment.config import configure
from waferloop.experiment.rig import Rig

TEN = list(range(10))


@pytest.mark.parametrize(
    ("classes", "hidden", "points"), [([0, 1, 4, 6, 7], [15, 15], 2.5), (TEN, [30, 30], 4.0)]
)
def test_conversion_loses_little_on_a_perfect_wafer(ideal, classes, hidden, points):
    given = configure(
        dataset={"classes": classes},
        network={"hidden": hidden},
        calibration={"enabled": False},
        mapping={"around_defects": False},
    )
    rig = Rig(replace(given, substrate=ideal))
    section = rig.settings.dataset
    data = datasets.load(section, datasets.files(section.source, ROOT / "resources/mnist"))
    trained, progress = rig.software(data)
    found = rig.calibrate()
    placement = rig.place(found).placement
    circuits, _ = rig.convert(data, trained.weights, found, placement)
    substrate = rig.opened(placement, circuits)
    evaluation = rig.evaluate(data, rig.converted(trained.weights).codes, substrate)
    assert evaluation.accuracy > progress[-1].accuracy - points / 100

"""How long jobs are taken for, beside what they took."""

import csv
from dataclasses import replace

import pytest
import yaml
from conftest import BUNDLED, ROOT
from waferloop import datasets, settings
from waferloop.datasets import Amount
from waferloop.experiment import config as configuration
from waferloop.experiment import durations

AMOUNT = Amount(30_000, 5_000, 47_000_000)
COSTS = ROOT / "benchmarks/results/costs.csv"
MEASURED = {
    "smoke": ("smoke", {}),
    "paper": ("paper", {"runs": 2}),
    "large": ("suite-ten-28", {"runs": 1, "loop": {"iterations": 10}, "software": {"steps": 3000}}),
}
"""Configurations of the experiments that were measured (docs/scale.md)."""


@pytest.mark.parametrize(
    ("stage", "changes"),
    [
        ("software", {"software": {"steps": 500_000}}),
        ("software", {"software": {"batch": 10_000}}),
        ("software", {"network": {"hidden": [2000]}}),
        ("conversion", {"conversion": {"images": 30_000}}),
        ("evaluation", {"network": {"hidden": [2000]}}),
        ("evaluation", {"encoding": {"duration": 20_000.0}}),
        ("evaluation", {"encoding": {"rate_max": 1000.0}}),
        ("evaluation", {"substrate": {"dt": 0.01}}),
        ("evaluation", {"substrate": {"kernel": "numpy"}}),
        ("loop", {"loop": {"batch": 10_000}}),
        ("loop", {"loop": {"iterations": 3000, "iterations_per_job": 3000}}),
        ("loop", {"loop": {"test_every": 1}}),
        ("loop", {"loop": {"chips": 400}}),
        ("mapping", {"network": {"hidden": [20_000]}}),
        ("activation", {"network": {"hidden": [1000]}}),
        ("finite_differences", {"finite_differences": {"images": 10_000}}),
        ("summary", {"runs": 2000}),
        ("figure", {"runs": 2000}),
        ("report", {"runs": 2000}),
    ],
)
def test_a_larger_job_takes_more_time(stage, changes):
    usual, larger = settings.of({}), settings.of(changes)
    taken = [durations.seconds(stage, one, AMOUNT) for one in (usual, larger)]
    assert 1.2 * taken[0] < taken[1]
    # of which it gets so much more than it takes
    for one, seconds in zip((usual, larger), taken, strict=True):
        spare = 60 * durations.minutes(stage, one, AMOUNT, 1) - durations.MARGIN * seconds
        assert 0 <= spare - 60 * durations.SPARE < 60


def test_more_data_take_more_time():
    more = replace(AMOUNT, test=500_000)
    for stage in ("evaluation", "final"):
        asked = [durations.minutes(stage, settings.of({}), one, 1) for one in (AMOUNT, more)]
        assert asked[0] < asked[1]


def test_iterations_of_other_jobs_do_not_count():
    loops = [{"iterations": n, "iterations_per_job": 240} for n in (240, 2400)]
    asked = [durations.minutes("loop", settings.of({"loop": one}), AMOUNT, 1) for one in loops]
    assert asked[0] == asked[1]


def test_threads_share_the_work():
    wide = settings.of({"network": {"hidden": [2000]}})
    asked = [durations.minutes("loop", wide, AMOUNT, threads) for threads in (1, 2, 8)]
    assert asked[0] > asked[1] > asked[2] > asked[0] / 8


@pytest.mark.parametrize("name", MEASURED)
def test_jobs_are_taken_for_what_they_took(name):
    path, changes = MEASURED[name]
    config = yaml.safe_load((ROOT / f"config/{path}.yaml").read_text())
    for key, value in changes.items():
        config[key] = {**config.get(key, {}), **value} if isinstance(value, dict) else value
    experiment = settings.of(configuration.complete(config))
    section = experiment.dataset
    amount = datasets.check(section, datasets.files(section.source, BUNDLED))
    with open(COSTS, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["experiment"] == name]
    assert len(rows) > 10
    for row in rows:
        taken, longest = float(row["cpu_s"]), float(row["longest_cpu_s"])
        expected = durations.seconds(row["stage"], experiment, amount)
        assert taken / 1.5 < expected < 3 * taken + durations.HICANN, row
        assert 60 * durations.minutes(row["stage"], experiment, amount, 1) > 4 * longest, row

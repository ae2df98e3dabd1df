"""Numbers that stand for many runs."""

import numpy as np
import pandas as pd
import pytest
from waferloop.analysis import statistics


def test_spread():
    s = statistics.spread(np.random.default_rng(0).normal(0, 1, 20_000).tolist())
    assert s["median"] == pytest.approx(0, abs=0.03)
    assert s["p15.9"] == pytest.approx(-1, abs=0.03)
    assert s["p84.1"] == pytest.approx(1, abs=0.03)


def test_runs_without_a_value_are_kept():
    s = statistics.spread([3, None, 5])
    assert s["median"] == 4
    assert s["values"] == [3, None, 5]
    nothing = statistics.spread([None])
    assert all(nothing[name] is None for name in statistics.PERCENTILES)


def test_groups_have_the_same_percentiles_to_the_bit():
    random = np.random.default_rng(0)
    names = np.array(["b", "a", "c"])[random.integers(0, 3, 50)]
    table = pd.DataFrame({"name": names, "accuracy": random.random(50)})
    found = statistics.of_groups(table.groupby("name", sort=False)["accuracy"])
    assert found["name"].tolist() == list(dict.fromkeys(names))
    for row in found.to_dict("records"):
        values = table["accuracy"][names == row.pop("name")]
        assert row == {**statistics.percentiles(values.to_numpy()), "runs": len(values)}


def test_same_runs_are_compared():
    random = np.random.default_rng(0)
    before = random.uniform(0.3, 0.9, 20)
    # runs scatter much more than they differ
    difference, p = statistics.paired(before + random.normal(0.02, 0.005, 20), before)
    assert difference == pytest.approx(0.02, abs=0.005)
    assert p < 1e-4
    assert statistics.paired(before + random.normal(0, 0.005, 20), before)[1] > 0.01
    assert statistics.paired(list(before), list(before)) == (0.0, 1.0)

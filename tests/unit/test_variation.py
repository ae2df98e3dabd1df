"""Hidden truth: a function of coordinates, with the documented distribution."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from waferloop import settings
from waferloop.chip.parameters import E_L, PARAMETERS, V_GMAX, Voltage
from waferloop.seeds import uniform
from waferloop.wafer import floating_gate
from waferloop.wafer.variation import key, normal, positive_factor

CIRCUITS = np.arange(20_000)
CODES = np.full(20_000, 500, np.uint16)
EVERY = pytest.mark.parametrize("parameter", [*PARAMETERS, V_GMAX], ids=str)


@pytest.fixture
def variation():
    return settings.Variation(scale=1.0)


def test_uniform_and_normal_have_their_distribution():
    assert stats.kstest(uniform(key("a"), CIRCUITS), "uniform").pvalue > 1e-3
    assert stats.kstest(normal(key("a"), CIRCUITS), "norm").pvalue > 1e-3


def test_neighbours_and_keys_are_independent():
    draws = normal(key("a"), CIRCUITS)
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.03
    assert abs(np.corrcoef(draws, normal(key("b"), CIRCUITS))[0, 1]) < 0.03


def test_truth_depends_on_the_coordinate_alone():
    subset = CIRCUITS[::-7]
    np.testing.assert_array_equal(normal(key("a"), subset), normal(key("a"), CIRCUITS)[subset])


@EVERY
def test_rewriting_draws_anew_and_only_then(variation, parameter):
    first, again, second = (
        floating_gate.value(parameter, CODES, CIRCUITS, variation, 0, (0, write))
        for write in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    moved = (second - first) * 1e3 if isinstance(parameter, Voltage) else np.log(second / first)
    size = getattr(variation.rewrite, parameter.name)
    assert moved.std() == pytest.approx(size * np.sqrt(2), rel=0.03)


def test_fixed_pattern_stays_with_the_wafer(variation):
    quiet = replace(variation, rewrite=replace(variation.rewrite, E_l=0.0))
    one, same, other = (
        floating_gate.value(E_L, CODES, CIRCUITS, quiet, wafer, (write,))
        for wafer, write in ((0, 0), (0, 1), (1, 0))
    )
    np.testing.assert_array_equal(one, same)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.03
    expected = np.hypot(50e-3, quiet.slope * E_L.nominal_value(CODES)[0])
    assert one.std() == pytest.approx(expected, rel=0.03)


@EVERY
def test_scale_zero_is_the_documented_circuit(variation, parameter):
    value = floating_gate.value(parameter, CODES, CIRCUITS, replace(variation, scale=0.0), 0, (0,))
    np.testing.assert_allclose(value, parameter.nominal_value(CODES))


def test_factors_are_never_negative():
    factors = positive_factor(key("a"), CIRCUITS, 0.8)
    assert factors.min() == 0
    assert np.median(factors) == pytest.approx(1, abs=0.02)

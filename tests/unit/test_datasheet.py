"""What is documented of the chip."""

import numpy as np
import pytest
from waferloop import settings
from waferloop.chip import datasheet
from waferloop.chip.parameters import (
    I_CONVX,
    I_GL,
    I_PL,
    PARAMETERS,
    V_GMAX,
    V_RESET,
    V_SYNTCX,
    V_T,
    Time,
    Voltage,
)  # fmt: skip

EVERY = pytest.mark.parametrize("parameter", [*PARAMETERS, V_GMAX], ids=str)


@EVERY
def test_code_and_value_are_inverse(parameter):
    lowest, highest = (8, 700) if parameter == I_GL else (230, 1000)
    codes = np.arange(lowest, highest, 7)
    values = parameter.nominal_value(codes)
    back = datasheet.to_code(parameter.nominal_code(values))
    assert np.abs(back.astype(int) - codes).max() <= 1


def test_documented_points():
    # calibtic: I_gl codes 189 and 80 give 1 and 2 us; the ends of the ranges of I_pl and V_syntc
    assert I_GL.nominal_value(np.array([189, 80])) == pytest.approx([10, 20], rel=0.01)
    assert I_PL.nominal_value(np.array([10, 1023])) == pytest.approx([17.3, 0.148])
    ends = V_SYNTCX.nominal_value(np.array([226, 1022]))
    assert ends == pytest.approx([15.1, 1.30])


@EVERY
def test_scales_are_inverted_and_tell_units(parameter):
    values = parameter.nominal_value(np.arange(230, 700, 7))
    assert parameter.unscale(parameter.scale(values)) == pytest.approx(values)
    volts = isinstance(parameter, Voltage)
    assert (parameter.unit, parameter.factor) == (
        ("hardware mV", 1e3) if volts else ("logarithm", 1)
    )


def test_targets_are_those_of_the_neuron():
    neuron = settings.Neuron(v_thresh=-50.0, tau_m=30.0)
    assert V_T.target(neuron) == pytest.approx(0.7)
    assert I_GL.target(neuron) == 30.0
    assert I_CONVX.target(neuron) == V_GMAX.target(neuron) == 1.0
    targets = [parameter.pynn for parameter in PARAMETERS if isinstance(parameter, Voltage | Time)]
    assert sorted(targets) == sorted(settings.as_dict(neuron))


def test_blocks_share_what_is_documented():
    assert [p for p in (*PARAMETERS, V_GMAX) if p.shared] == [V_RESET, V_GMAX]


def test_voltages_scale_by_ten_around_1200_mv():
    assert datasheet.to_hardware_volt(0.0) == pytest.approx(1.2)
    assert datasheet.to_hardware_volt(-57.0) == pytest.approx(0.63)


def test_weight_curve_has_the_documented_values():
    documented = [173.7, 250.2, 323.6, 393.8, 460.7, 524.5, 585.1, 642.5, 696.7, 747.7, 795.5]
    documented += [840.1, 881.5, 919.7, 954.7]
    computed = datasheet.weight_conductance(np.arange(16))
    assert computed[0] == 0
    assert computed[1:] == pytest.approx(documented, abs=0.06)


@pytest.mark.parametrize("bits", range(1, 8))
def test_weights_of_any_resolution_lie_on_the_documented_curve(bits):
    levels = datasheet.weight_levels(bits)
    assert len(levels) == 2**bits
    assert (np.diff(levels) > 0).all()
    assert (levels[0], levels[-1]) == (0, 1)
    scale = np.arange(16)
    curve = np.polyfit(scale[1:], datasheet.weight_conductance(scale[1:]), 2)
    np.testing.assert_allclose(
        levels[1:] * datasheet.weight_conductance(15),
        np.polyval(curve, np.linspace(0, 15, 2**bits)[1:]),
    )


def test_four_bits_are_the_documented_ones():
    codes = np.arange(-15, 16, dtype=np.int8)
    np.testing.assert_array_equal(datasheet.as_documented(codes, 4), codes)
    documented = datasheet.weight_conductance(np.abs(codes))
    np.testing.assert_array_equal(
        datasheet.weight_levels(4)[np.abs(codes)], documented / documented[-1]
    )


def test_row_gain_is_one_at_the_documented_setting():
    for div, gain in ((11, 1), (22, 0.5)):
        assert datasheet.row_gain(V_GMAX.nominal_value(205), div) == pytest.approx(gain, rel=0.003)

"""Calibration finds what the circuits do, and which do not work."""

from dataclasses import replace

import numpy as np
import pytest
import truth
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy.stats import theilslopes
from waferloop import calibration, settings
from waferloop.chip import datasheet, geometry
from waferloop.chip.parameters import I_PL, INPUT_GAINS, PARAMETERS, V_RESET, Voltage

HICANN = 3
SYNAPTIC = ("I_convx", "I_convi", "V_syntcx", "V_syntci")


@pytest.fixture(scope="module")
def calibrated():
    section = settings.Substrate(
        variation=settings.Variation(scale=1.0), defects=settings.Defects(0.05, 0.05, 0.0, 0.06)
    )
    return section, truth.calibrate(section, HICANN)


@pytest.mark.parametrize("parameter", [p for p in PARAMETERS if p.pynn], ids=str)
def test_rewrite_noise_is_the_floor(calibrated, parameter):
    before, after, floor = truth.spreads(*calibrated, parameter)
    assert after < 1.3 * floor
    # half of I_pl's spread is rewrite noise; V_reset is four values on a HICANN
    if parameter not in (I_PL, V_RESET):
        assert after < 0.8 * before


@pytest.mark.parametrize("parameter", INPUT_GAINS, ids=str)
def test_synaptic_gains_are_equalised(calibrated, parameter):
    """I_conv makes up for the block's V_gmax too, which is written anew as well."""
    before, after, floor = truth.spreads(*calibrated, parameter)
    assert after < 0.4 * before
    assert after < 1.3 * floor


def test_dead_parts_are_found_and_good_ones_kept(calibrated):
    section, result = calibrated
    dead = truth.dead(section, result.denmems)
    assert dead.sum() > 10
    assert result.usable[dead].mean() < 0.01
    assert result.usable[~dead].mean() > 0.99
    assert {calibration.VERDICTS[v] for v in result.verdict["E_l"][dead]} <= set(
        calibration.VERDICTS[1:]
    )
    for parameter in SYNAPTIC:
        nothing = calibration.VERDICTS.index("shows nothing")
        assert (result.verdict[parameter][dead] == nothing).all()
    drivers = HICANN * geometry.DRIVERS_PER_HICANN + np.arange(geometry.DRIVERS_PER_HICANN)
    assert set(result.drivers) == set(drivers[~truth.broken(section, drivers)])


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_no_driver_is_blamed_for_a_dead_synapse_or_a_dead_or_restless_circuit(scale):
    section = settings.Substrate(
        variation=settings.Variation(scale=scale), defects=settings.Defects(0.1, 0.1, 0.0, 0.1)
    )
    for hicann in range(3, 384, 20):
        found = calibration.working_drivers(truth.bench(section, hicann), hicann)
        drivers = hicann * geometry.DRIVERS_PER_HICANN + np.arange(geometry.DRIVERS_PER_HICANN)
        assert set(found) == set(drivers[~truth.broken(section, drivers)])


def test_no_circuit_is_blamed_for_dead_synapses(ideal):
    """Nor is any reading but that of gains, which make up for what is missing on average."""
    results = [
        truth.calibrate(replace(ideal, defects=replace(ideal.defects, synapse=share)), HICANN, 1)
        for share in (0.0, 0.2)
    ]
    assert all(result.usable.all() for result in results)
    for parameter in PARAMETERS:
        known, found = (result.offset[parameter.name] for result in results)
        if parameter in INPUT_GAINS:
            assert np.median(found - known) == pytest.approx(np.log(0.8), abs=0.03)
        else:
            assert np.abs(found - known).max() < (3e-3 if isinstance(parameter, Voltage) else 0.25)


def test_readout_offsets_are_found(calibrated):
    section, result = calibrated
    rows = result.readout.reshape(-1, calibration.SHORTED)
    assert rows.mean(axis=1) == pytest.approx(0, abs=1e-12)
    assert rows.std() == pytest.approx(section.variation.adc_offset * 1e-3, rel=0.15)


def test_dead_hicann_has_no_usable_part():
    section = settings.Substrate(defects=settings.Defects(0.0, 0.0, 1.0, 0.0))
    result = truth.calibrate(section, HICANN, repeats=1)
    assert len(result.drivers) == 0
    assert not result.usable.any()


def test_documented_codes_give_the_target_on_a_documented_circuit():
    documented = calibration.of_hicanns(np.array([HICANN]))
    neuron = settings.Neuron()
    codes = calibration.codes_for(documented, documented.denmems[:4, None], neuron)
    for parameter in PARAMETERS:
        value = parameter.nominal_value(codes[parameter.name])
        assert value == pytest.approx(parameter.target(neuron), rel=0.02, abs=2e-3)


@examples(max_examples=30, deadline=None)
@given(st.floats(0.3, 2.0), st.floats(-1, 1), st.integers(0, 10**6))
def test_the_fit_is_that_of_theil_and_sen(slope, offset, seed):
    random = np.random.default_rng(seed)
    x = np.array([-0.1, 0.0, 0.2])
    y = offset + slope * x[:, None, None] + random.normal(0, 0.01, (3, 4, 5))
    y[0, 0, 0] = np.nan
    y[2, 1, 1] += 5.0  # an outlier
    found = calibration.fit(x, y, slope_is_known=False)
    for n in range(5):
        flat = y[:, :, n].ravel()
        known = np.isfinite(flat)
        expected = theilslopes(flat[known], np.repeat(x, 4)[known]).slope
        assert found[1][n] == pytest.approx(expected)
        assert found[0][n] == pytest.approx(offset, abs=0.05)
    assert found[3].all()


def test_a_perfect_machine_is_measured_as_documented(ideal):
    """No reading is off by more than 2 mV or 5 %."""
    result = truth.calibrate(ideal, HICANN, repeats=1)
    assert result.usable.all()
    for parameter in PARAMETERS:
        at, name = parameter.scale(parameter.target(ideal.neuron)), parameter.name
        bias = np.median(result.offset[name] + (result.slope[name] - 1) * at)
        assert abs(bias) < (2e-3 if isinstance(parameter, Voltage) else 0.05), name


@pytest.mark.parametrize("delay", [0.3, 0.8, 1.5, 3.0])
def test_the_delay_is_measured_and_readings_do_not_depend_on_it(ideal, delay):
    section = replace(ideal, links=replace(ideal.links, delay=delay))
    result = truth.calibrate(section, HICANN, repeats=1)
    assert result.delay == pytest.approx(delay, abs=0.02)
    assert result.usable.all()
    for parameter in SYNAPTIC:
        assert abs(np.median(result.offset[parameter])) < 0.05


def test_the_delay_of_unequal_circuits_is_measured_too():
    """With jitter, losses, noise and dead circuits; the same wafer at each delay."""
    found = {
        delay: truth.calibrate(
            settings.Substrate(links=settings.Links(delay=delay)), HICANN, repeats=1
        )
        for delay in (0.3, 0.8, 1.5)
    }
    for delay, result in found.items():
        assert result.delay == pytest.approx(delay, abs=0.1)
        for parameter in SYNAPTIC:
            moved = result.offset[parameter] - found[0.8].offset[parameter]
            assert abs(np.median(moved[result.usable])) < 0.05
            assert moved[result.usable].std() < 0.1


def test_published_rates_of_the_links_are_enough_to_know(ideal):
    published = settings.Links()
    rates = {name: getattr(published, name) for name in ("input_rate", "fpga_rate")}
    assert list(rates.values()) == [datasheet.INPUT_RATE_HZ, datasheet.FPGA_RATE_HZ]
    section = replace(ideal, links=replace(ideal.links, **rates))
    result = truth.calibrate(section, HICANN, repeats=1)
    assert result.usable.all()
    for parameter in SYNAPTIC:
        assert abs(np.median(result.offset[parameter])) < 0.05


def test_what_a_lossy_link_drops_is_measured_again(ideal):
    section = replace(
        ideal,
        links=replace(ideal.links, input_loss=0.6),
        variation=replace(ideal.variation, scale=0.5),
    )
    assert all(truth.calibrate(section, hicann).usable.mean() > 0.99 for hicann in (15, 16, 17))


def test_few_drivers_are_enough(ideal):
    section = replace(ideal, defects=replace(ideal.defects, driver=0.3))
    result = truth.calibrate(section, HICANN, repeats=1)
    assert len(result.drivers) < 180
    assert result.usable.mean() > 0.99


def test_a_circuit_that_shows_nothing_is_not_fitted():
    y = np.full((3, 2, 2), np.nan)
    y[:, :, 0] = np.arange(3)[:, None]
    assert calibration.fit(np.arange(3.0), y, False)[3].tolist() == [True, False]


def test_joined_parts_stay_in_order():
    parts = [calibration.of_hicanns(np.array([h])) for h in (5, 2)]
    joined = calibration.join(parts)
    np.testing.assert_array_equal(joined.denmems, np.concatenate([part.denmems for part in parts]))
    assert set(joined.offset) == {parameter.name for parameter in PARAMETERS}

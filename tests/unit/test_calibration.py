"""Calibration finds what the circuits do, and which do not work."""

import numpy as np
import pytest
from waferloop import backends, calibration, datasheet, experiment, geometry
from waferloop import config as configuration
from waferloop.wafer.variation import key, uniform

HICANN = np.array([3])


def calibrate(section):
    return calibration.calibrate(
        lambda placement, write: backends.connect(section, 0, 2, placement, (7, 0, write)),
        HICANN,
        experiment.neuron({"substrate": section}),
        repeats=1,
    )


@pytest.fixture(scope="module")
def calibrated(schema):
    section = configuration.complete({}, schema)["substrate"]
    section["variation"]["scale"] = 1.0
    section["defects"] = {"denmem": 0.05, "driver": 0.05, "hicann": 0.0}
    return section, calibrate(section)


def spread(errors):
    known = errors[np.isfinite(errors)]
    return 1.4826 * np.median(np.abs(known - np.median(known)))


@pytest.mark.parametrize("parameter", ["E_l", "V_t", "E_synx", "E_syni", "V_syntcx", "V_syntci"])
def test_calibrated_circuits_are_nearer_to_the_target(calibrated, parameter):
    _, result = calibrated
    after = spread(result.error_after[parameter])
    assert after < 0.9 * spread(result.error_before[parameter])


@pytest.mark.parametrize("parameter", ["E_l", "V_t"])
def test_rewrite_noise_is_the_floor(calibrated, parameter):
    section, result = calibrated
    floor = section["variation"]["rewrite"][parameter] * 1e-3
    assert floor * 0.8 < spread(result.error_after[parameter]) < floor * 2.2


def test_dead_parts_are_found(calibrated):
    section, result = calibrated
    dead = uniform(key(0, "dead denmem"), result.denmems) < section["defects"]["denmem"]
    assert dead.sum() > 10
    assert not result.usable[dead].any()
    assert result.usable[~dead].mean() > 0.75
    drivers = HICANN * geometry.DRIVERS_PER_HICANN + np.arange(geometry.DRIVERS_PER_HICANN)
    broken = uniform(key(0, "dead driver"), drivers) < section["defects"]["driver"]
    assert set(result.drivers) == set(drivers[~broken])


def test_dead_hicann_has_no_usable_part(config):
    section = config["substrate"]
    section["defects"] = {"denmem": 0.0, "driver": 0.0, "hicann": 1.0}
    result = calibrate(section)
    assert len(result.drivers) == 0
    assert not result.usable.any()


def test_documented_codes_give_the_target_on_a_documented_circuit(config):
    documented = calibration.of_hicanns(HICANN)
    neuron = experiment.neuron(config)
    codes = calibration.codes_for(documented, documented.denmems[:4, None], neuron)
    for parameter in datasheet.PARAMETERS:
        value = datasheet.nominal_value(parameter, codes[parameter])
        assert value == pytest.approx(datasheet.target(parameter, neuron), rel=0.02, abs=2e-3)

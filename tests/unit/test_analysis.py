"""Response curves and membrane traces, on a wafer without imperfections."""

import numpy as np
import pytest
from small_results import DOCUMENTED, placed
from waferloop import backends, calibration, conversion
from waferloop.analysis import activation, traces
from waferloop.chip import datasheet
from waferloop.conversion import Gains
from waferloop.settings import Neuron


@pytest.fixture
def neurons_with_equal_sources(ideal):
    placement = placed().placement
    substrate = backends.connect(ideal, activation.placed(placement, DOCUMENTED.drivers), (1, 0, 0))
    codes = calibration.codes_for(DOCUMENTED, placement.denmems, Neuron())
    gains = Gains(conversion.v_gmax(205, Neuron()), (4, 16))
    substrate.program(traces.documented_gain(gains.program(codes)))
    return substrate, placement.neurons


def test_rates_rise_with_the_input(neurons_with_equal_sources):
    substrate, neurons = neurons_with_equal_sources
    curves = activation.measure(substrate, neurons, activation.medium_weight(4), 0)
    assert curves.rate.shape == (activation.LEVELS, 16)
    assert (curves.rate[0] == 0).all()
    assert np.corrcoef(curves.input_rate, curves.rate.mean(axis=1))[0, 1] > 0.95
    # equal circuits, but each hears the spikes through its own synapses only
    assert curves.rate[-1].std() < 0.1 * curves.rate[-1].mean()


def test_equal_circuits_have_the_same_trace(neurons_with_equal_sources):
    measured = traces.record(*neurons_with_equal_sources, 15)
    assert len(measured.neurons) == traces.NEURONS
    time, mv = measured.times, datasheet.to_biological_mv(measured.volts).T
    target, (start, end, _) = Neuron(), traces.DRIVE
    before, kicked = mv[time < traces.KICK], mv[(time > traces.KICK) & (time < start)]
    driven = mv[(time > start + 2) & (time < end)]
    # the ADC's steps are 0.044 mV
    np.testing.assert_allclose(before, target.v_rest, atol=0.1)
    assert (kicked.min(axis=0) < target.v_rest - 3).all()
    np.testing.assert_allclose(driven.max(axis=0), target.v_thresh, atol=0.5)
    np.testing.assert_allclose(driven.min(axis=0), target.v_reset, atol=0.1)
    assert np.ptp(mv[time < start], axis=1).max() < 0.1

"""Measured response curves against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
import small
from circuits import rate_at_conductance
from waferloop import backends
from waferloop.analysis import activation
from waferloop.settings import Neuron, Substrate


@pytest.mark.parametrize("v_rest", [-52.0, -45.0])
def test_spontaneous_rates_are_those_of_the_neuron(v_rest):
    neuron = Neuron(v_rest=v_rest, v_thresh=-55.0, v_reset=-70.0, tau_m=20.0, tau_refrac=1.0)
    section = small.ideal(replace(Substrate(), neuron=neuron))
    placement = activation.placed(small.PLACED, small.DOCUMENTED.drivers)
    substrate = backends.connect(section, placement, (1, 0, 0))
    substrate.program(small.circuits(section, placement))
    curves = activation.measure(substrate, placement.neurons, 0, 0)
    rest = (v_rest - neuron.v_reset) / (neuron.v_thresh - neuron.v_reset)
    expected = 1e3 * rate_at_conductance(0.0, neuron.tau_m, rest, 0.0, neuron.tau_refrac)
    assert expected > 20
    # whole spikes within a second; codes are rounded
    np.testing.assert_allclose(curves.rate, expected, atol=1.5, rtol=0.015)

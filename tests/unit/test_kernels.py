"""The kernels against each other and against closed forms."""

import numpy as np
import pytest
from circuits import events, labels, one_neuron, random_network, rate_at_conductance, small_psp
from scipy.integrate import solve_ivp
from waferloop.wafer.kernels import Circuit, Events
from waferloop.wafer.kernels import numba as numba_kernel
from waferloop.wafer.kernels import numpy as numpy_kernel

KERNELS = pytest.mark.parametrize("kernel", [numpy_kernel, numba_kernel], ids=["numpy", "numba"])
T = 0.1 * np.arange(1, 1001)


def assert_same(one, other):
    for mine, yours in zip(one, other, strict=True):
        for field in ("step", "source", "indptr"):
            np.testing.assert_array_equal(getattr(mine, field), getattr(yours, field))


@pytest.mark.parametrize(
    "layers", [(20, 17, 9, 4), (5, 3), (100, 15, 15, 5), (30, 33, 16, 32), (4, 40, 1)]
)
def test_kernels_agree_spike_by_spike(layers):
    network = random_network(layers, images=20)
    one, other = (kernel.integrate(*network) for kernel in (numpy_kernel, numba_kernel))
    assert all(len(fired.step) > 20 for fired in one)
    assert_same(one, other)


@pytest.mark.parametrize("limit", [0.01, 0.03])
def test_kernels_agree_on_busy_buses_and_saturated_inputs(limit):
    """Inputs that are mostly saturated, or now and then."""
    network = random_network((60, 40, 20), images=20, rate=150.0, limit=limit)
    free = random_network((60, 40, 20), images=20, rate=0.0, limit=np.inf)
    one, other, ideal = (
        kernel.integrate(*case)
        for kernel, case in ((numpy_kernel, network), (numba_kernel, network), (numba_kernel, free))
    )
    assert_same(one, other)
    assert all(
        len(fired.step) != len(unlimited.step) for fired, unlimited in zip(one, ideal, strict=True)
    )


def test_kernels_agree_on_the_membrane():
    network = random_network()
    one, other = (kernel.probe(*network) for kernel in (numpy_kernel, numba_kernel))
    assert one.shape == (7, 1500, 30)
    np.testing.assert_array_equal(one, other)


@KERNELS
def test_cutting_a_batch_changes_nothing(kernel):
    circuit, batch, names, steps = random_network(images=40, steps=300)

    def part(first, last):
        cut = slice(batch.indptr[first], batch.indptr[last])
        indptr = batch.indptr[first : last + 1] - batch.indptr[first]
        events = Events(batch.step[cut], batch.source[cut], indptr)
        return kernel.integrate(circuit, events, names[first:last], steps)

    whole = kernel.integrate(circuit, batch, names, steps)
    for layer, one, other in zip(whole, part(0, 13), part(13, 40), strict=True):
        np.testing.assert_array_equal(layer.step, np.concatenate([one.step, other.step]))
        np.testing.assert_array_equal(layer.source, np.concatenate([one.source, other.source]))


@KERNELS
def test_membrane_decays_to_rest_exponentially(kernel):
    circuit = one_neuron(tau_m=20.0, rest=0.5, start=0.9)
    u = kernel.probe(circuit, events(), labels(), 1000)[0, :, 0]
    np.testing.assert_allclose(u, 0.5 + 0.4 * np.exp(-T / 20), atol=1e-4)


@KERNELS
def test_small_psp_is_a_difference_of_exponentials(kernel):
    weight = 1e-3
    circuit = one_neuron(tau_m=20.0, rest=0.5, tau_syn=5.0, weight=weight)
    u = kernel.probe(circuit, events(0), labels(), 1000)[0, :, 0] - 0.5
    expected = small_psp(T, weight)
    np.testing.assert_allclose(u, expected, atol=0.02 * expected.max())
    # its peak
    peak = np.log(20 / 5) * 20 * 5 / (20 - 5)
    assert T[u.argmax()] == pytest.approx(peak, abs=0.3)
    assert u.max() == pytest.approx(small_psp(peak, weight), rel=0.02)


@KERNELS
def test_rate_under_constant_drive(kernel):
    steps = 50_000
    circuit = one_neuron(tau_m=20.0, rest=1.5, refractory=20, start=0.0)
    (spikes,) = kernel.integrate(circuit, events(), labels(), steps)
    interval = 2.0 + 20.0 * np.log(1.5 / 0.5)
    assert len(spikes.step) == pytest.approx(steps * 0.1 / interval, rel=0.01)


@KERNELS
@pytest.mark.parametrize("conductance", [0.004, 0.01, 0.05])
def test_rate_under_constant_conductance(kernel, conductance):
    steps = 50_000
    circuit = one_neuron(rest=0.2, refractory=20, tau_syn=1e9, weight=conductance)
    (spikes,) = kernel.integrate(circuit, events(0), labels(), steps)
    expected = steps * 0.1 * rate_at_conductance(conductance, 20.0, 0.2, 5.0, 2.0)
    assert len(spikes.step) == pytest.approx(expected, rel=0.03, abs=2)


@KERNELS
def test_rate_never_exceeds_the_refractory_limit(kernel):
    circuit = one_neuron(tau_m=0.5, rest=100.0, refractory=10, start=0.0)
    (spikes,) = kernel.integrate(circuit, events(), labels(), 1100)
    assert set(np.diff(spikes.step)) == {11}


@KERNELS
@pytest.mark.parametrize("weight", [1.0, 30.0, 1000.0])
def test_any_conductance_is_stable(kernel, weight):
    # a reversal potential below threshold: the membrane is pulled there and never beyond
    circuit = one_neuron(weight=weight, e_rev_E=0.9)
    u = kernel.probe(circuit, events(*range(0, 500, 5)), labels(), 500)[0, :, 0]
    assert u.min() >= 0.5 - 1e-6
    assert 0.85 < u.max() <= 0.9 + 1e-6


@KERNELS
def test_a_saturated_input_conducts_no_more(kernel):
    """However many spikes: u settles where leak and the largest conductance balance."""
    limit, leak = 0.004, 0.1 / 20
    circuit = one_neuron(rest=0.0, tau_syn=1e6, weight=0.5, limit=limit, e_rev_E=0.9)
    one, many = (
        kernel.probe(circuit, events(*range(n)), labels(), 4000)[0, -1, 0] for n in (1, 900)
    )
    assert one == pytest.approx(many, rel=1e-3)
    assert one == pytest.approx(0.9 * limit / (limit + leak), rel=1e-3)


@KERNELS
def test_nothing_comes_from_nothing(kernel):
    (spikes,) = kernel.integrate(one_neuron(rest=0.9), events(images=3), labels(3), 2000)
    assert len(spikes.step) == 0


def test_error_falls_with_the_square_of_dt():
    """For a conductance jump."""
    weight, end = 0.05, 16.0

    def at_end(dt):
        circuit = one_neuron(rest=0.0, weight=weight, dt=dt)
        return float(numpy_kernel.probe(circuit, events(0), labels(), round(end / dt))[0, -1, 0])

    def slope(t, u):
        return -u / 20 + weight * np.exp(-t / 5) * (5.0 - u)

    exact = solve_ivp(slope, (0, end), [0.0], rtol=1e-10, atol=1e-12).y[0, -1]
    steps = np.array([0.4, 0.8, 1.6])
    errors = [abs(at_end(dt) - exact) for dt in steps]
    assert 1.6 < np.polyfit(np.log(steps), np.log(errors), 1)[0] < 3.2


def test_lost_spikes_do_not_reach_the_next_layer():
    alone, heard = (numba_kernel.integrate(*random_network(loss=loss)) for loss in (1.0, 0.0))
    assert_same(alone[:1], heard[:1])
    circuit, _, names, steps = random_network()
    silence = Events(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(8, np.int64))
    unheard = Circuit(circuit.layers[1:2], circuit.delays, circuit.bus, circuit.dt)
    (expected,) = numba_kernel.integrate(unheard, silence, names, steps)
    np.testing.assert_array_equal(alone[1].step, expected.step)
    assert len(heard[1].step) > len(alone[1].step)

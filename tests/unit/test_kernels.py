"""The kernels against each other and against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from circuits import events, labels, one_neuron, random_network, rate_at_conductance, small_psp
from scipy.integrate import solve_ivp
from waferloop.wafer.kernels import CHUNK, PHASES, Circuit, Events, release
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


@pytest.mark.parametrize("images", [1, 3])
def test_kernels_agree_on_a_presentation_that_is_alone(images):
    network = random_network((20, 70, 33, 5), images=images, rate=60.0)
    one, other = (kernel.integrate(*network) for kernel in (numpy_kernel, numba_kernel))
    assert all(len(fired.step) > 20 for fired in one[:2])
    assert_same(one, other)
    one, other = (kernel.probe(*network) for kernel in (numpy_kernel, numba_kernel))
    np.testing.assert_array_equal(one, other)


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


def interval(circuit, kernel=numba_kernel, arrivals=(), steps=100_000):
    """Mean interval between the spikes of one neuron (steps), after the first ones."""
    (spikes,) = kernel.integrate(circuit, events(*arrivals), labels(), steps)
    return float(np.diff(spikes.step[len(spikes.step) // 10 :]).mean())


REFRACTORY = pytest.mark.parametrize("refractory", [1.5, 1.77, 2.0, 3.31, 10.5, 20.0, 55.25])


@REFRACTORY
@pytest.mark.parametrize("rest", [1.05, 1.5, 4.0, 9.0])
@pytest.mark.parametrize("tau_m", [5.5, 20.0])
def test_intervals_under_constant_drive(refractory, rest, tau_m):
    """Within 0.25 % below 500 Hz and 0.6 % up to 1,250 Hz, on the grid or not."""
    circuit = one_neuron(tau_m=tau_m, rest=rest, refractory=refractory, start=0.0)
    expected = refractory + 10 * tau_m * np.log(rest / (rest - 1))
    assert expected > 7
    tolerance = 0.0025 if expected >= 20 else 0.006
    assert interval(circuit) == pytest.approx(expected, rel=tolerance)


@REFRACTORY
@pytest.mark.parametrize("conductance", [0.012, 0.05, 0.2])
def test_intervals_under_constant_conductance(refractory, conductance):
    circuit = one_neuron(rest=0.2, refractory=refractory, tau_syn=1e9, weight=conductance)
    rate = rate_at_conductance(conductance, 20.0, 0.2, 5.0, 0.1 * refractory)
    found = interval(circuit, arrivals=[0])
    assert found == pytest.approx(10 / rate, rel=0.0025)


@KERNELS
def test_intervals_are_those_of_both_kernels(kernel):
    circuit = one_neuron(rest=4.0, refractory=3.31, start=0.0)
    expected = 3.31 + 200 * np.log(4 / 3)
    assert interval(circuit, kernel, steps=20_000) == pytest.approx(expected, rel=0.0025)


@KERNELS
def test_rate_never_exceeds_the_refractory_limit(kernel):
    circuit = one_neuron(tau_m=0.5, rest=100.0, refractory=10, start=0.0)
    (spikes,) = kernel.integrate(circuit, events(), labels(), 22_000)
    intervals = np.diff(spikes.step)
    assert set(intervals) <= {10, 11}
    # a twentieth of a step from reset to threshold
    assert intervals.mean() == pytest.approx(10.05, abs=0.02)


@KERNELS
@pytest.mark.parametrize("refractory", [2000.0, 1e6, 1e12, np.inf])
def test_a_refractory_time_beyond_the_presentation(kernel, refractory):
    circuit = one_neuron(rest=1.5, refractory=refractory, start=0.0)
    (spikes,) = kernel.integrate(circuit, events(images=2), labels(2), 2000)
    np.testing.assert_array_equal(spikes.presentation, [0, 1])
    held = kernel.probe(circuit, events(), labels(), 2000)[0, spikes.step[0] + 1 :, 0]
    np.testing.assert_array_equal(held, 0)


@KERNELS
def test_membranes_are_held_until_they_are_released_within_a_step(kernel):
    circuit = one_neuron(rest=4.0, refractory=6.4, start=0.0)
    u = kernel.probe(circuit, events(), labels(), 20 * CHUNK)[0, :, 0].astype(float)
    whole = 4.0 * -np.expm1(-0.1 / 20)
    shares = []
    for spike in np.flatnonzero(u[:-12] >= 1):
        free = spike + 1 + int(np.flatnonzero(u[spike + 1 :] > 0)[0])
        assert (u[spike + 1 : free] == 0).all()
        # from the beginning of the spike's step until release
        share = u[free] / whole
        shares.append(free + 1 - share - spike - 6.4)
    shares = np.array(shares)
    assert -1e-3 < shares.min() < 0.1
    assert 0.9 < shares.max() < 1 + 1e-3
    # those of a chunk are equal, those of others are not
    assert len(np.unique(np.round(shares, 2))) == pytest.approx(20, abs=2)


def test_instants_of_release_are_spread_evenly():
    """In all chunks, and in any regular selection of them; on the mean after half a step."""
    refractory = np.array([1.5, 2.25, 10.0, 37.7])
    instants = release(refractory) - refractory
    for stride in (1, 2, 4, 8):
        for first in range(stride):
            some = np.sort(instants[first::stride], axis=0)
            assert np.diff(some, axis=0) == pytest.approx(stride / PHASES, abs=1e-5)
            assert some.mean(axis=0) == pytest.approx(0.5, abs=stride / 2 / PHASES)
    assert instants.mean(axis=0) == pytest.approx(0.5, abs=1e-5)
    assert (np.ptp(instants, axis=1) > 0.1).any()


@pytest.mark.parametrize("steps", [0.0, 0.3, 1.4])
def test_the_shortest_refractory_time_is_a_step_and_a_half(steps):
    np.testing.assert_array_equal(release(np.array([steps])), release(np.array([1.5])))


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


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_a_layer_on_several_threads_fires_the_same(threads):
    network = random_network((40, 150, 33, 5), images=3, rate=60.0)
    assert_same(numba_kernel.integrate(*network), numba_kernel.integrate(*network, threads))
    whole, parts = numba_kernel.probe(*network), numba_kernel.probe(*network, threads)
    np.testing.assert_array_equal(whole, parts)


def test_a_layer_of_arrays_that_do_not_fit_is_refused():
    layer = one_neuron().layers[0]
    with pytest.raises(ValueError, match="constants and release of 1 neurons"):
        replace(layer, release=layer.release[0])

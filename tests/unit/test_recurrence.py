"""Layers that hear themselves, several layers, or some of a layer's neurons."""

from dataclasses import replace

import numpy as np
import pytest
import small
from circuits import bus, events, labels, one_neuron, random_network
from scipy.sparse import csr_array
from waferloop import backends, mapping
from waferloop.network import Network, Population, Projection
from waferloop.settings import Experiment
from waferloop.wafer.kernels import CHUNK, STIMULUS, Circuit, Events, Layer, windows
from waferloop.wafer.kernels import numba as numba_kernel
from waferloop.wafer.kernels import numpy as numpy_kernel

KERNELS = pytest.mark.parametrize("kernel", [numpy_kernel, numba_kernel], ids=["numpy", "numba"])


def drawn(random, pre, post, share=1.0, size=0.004):
    """Weights of a projection on the scale of ``random_network``."""
    w = random.normal(0.001, size, (pre, post)) * (random.random((pre, post)) < share)
    return np.stack([np.maximum(w, 0), np.maximum(-w, 0)], axis=1).astype(np.float32)


def counted(count, first=0):
    return np.arange(first, first + count, dtype=np.int32)


def recurrent_network(seed=0, images=5, steps=700, share=0.2, **kwargs):
    """Three layers: one with sparse recurrence, one with a skip connection, one with both."""
    circuit, batch, names, steps = random_network(
        (20, 40, 17, 5), images, steps, seed=seed, **kwargs
    )
    random = np.random.default_rng(seed)
    first, second, third = circuit.layers
    some = np.where(np.arange(20) < 7, np.arange(20), -1).astype(np.int32)
    layers = (
        replace(
            first,
            weights=sparse(np.concatenate([first.weights, drawn(random, 40, 40, share, 0.01)])),
            rows={STIMULUS: counted(20), 0: counted(40, 20)},
        ),
        replace(
            second,
            weights=drawn(random, 47, 17),
            rows={STIMULUS: some, 0: counted(40, 7)},
        ),
        replace(
            third,
            weights=sparse(drawn(random, 62, 5)),
            rows={0: counted(40), 1: counted(17, 40), 2: counted(5, 57)},
        ),
    )
    return replace(circuit, layers=layers), batch, names, steps


def sparse(weights):
    """As recurrent layers have them."""
    return csr_array(weights.reshape(len(weights), -1))


def same(one, other):
    for mine, yours in zip(one, other, strict=True):
        for field in ("step", "source", "indptr"):
            np.testing.assert_array_equal(getattr(mine, field), getattr(yours, field))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("rate", "share"), [(0.0, 0.2), (300.0, 0.2), (0.0, 0.9)])
def test_kernels_agree_spike_by_spike(seed, rate, share):
    network = recurrent_network(seed, rate=rate, share=share)
    one, other = (kernel.integrate(*network) for kernel in (numpy_kernel, numba_kernel))
    assert all(len(fired.step) > 50 for fired in one)
    same(one, other)


def test_kernels_agree_on_membranes_and_those_on_spikes():
    network = recurrent_network(rate=300.0)
    one, other = (kernel.probe(*network) for kernel in (numpy_kernel, numba_kernel))
    np.testing.assert_array_equal(one, other)
    threshold = np.concatenate([y.constants[3] - y.constants[4] for y in network[0].layers])
    spikes = np.concatenate([f.source for f in numba_kernel.integrate(*network)])
    above = (one >= threshold).sum(axis=(0, 1))
    np.testing.assert_array_equal(above, np.bincount(spikes, minlength=len(threshold)))


@KERNELS
def test_cutting_a_batch_changes_nothing(kernel):
    circuit, batch, names, steps = recurrent_network(rate=300.0)

    def part(first, last):
        cut = slice(batch.indptr[first], batch.indptr[last])
        indptr = batch.indptr[first : last + 1] - batch.indptr[first]
        inputs = Events(batch.step[cut], batch.source[cut], indptr)
        return kernel.integrate(circuit, inputs, names[first:last], steps)

    whole = kernel.integrate(circuit, batch, names, steps)
    for layer, one, other in zip(whole, part(0, 2), part(2, 5), strict=True):
        np.testing.assert_array_equal(layer.step, np.concatenate([one.step, other.step]))
        np.testing.assert_array_equal(layer.source, np.concatenate([one.source, other.source]))


@KERNELS
def test_a_layer_that_hears_itself_through_nothing_is_one_that_does_not(kernel):
    circuit, batch, names, steps = random_network(loss=0.0)
    heard = []
    for number, layer in enumerate(circuit.layers):
        pre, own = len(layer.weights), layer.neurons
        weights = np.concatenate([layer.weights, np.zeros((own, 2, own), np.float32)])
        rows = {number - 1: counted(pre), number: counted(own, pre)}
        heard.append(replace(layer, weights=sparse(weights), rows=rows))
    other = kernel.integrate(replace(circuit, layers=tuple(heard)), batch, names, steps)
    same(kernel.integrate(circuit, batch, names, steps), other)


@KERNELS
@pytest.mark.parametrize("delay", [0, 4, 9, 70])
def test_a_spike_travels_along_a_layer(kernel, delay):
    """Each neuron fires as long after its predecessor as the first one after its input."""
    size, steps = 200, 2000
    one = one_neuron(weight=0.2, tau_syn=3.0, rest=0.3, refractory=80).layers[0]
    onto = np.zeros((size + 1, 2, size), np.float32)
    onto[np.arange(size), :, np.arange(size)] = one.weights[0, :, 0]
    layer = Layer(
        np.repeat(one.constants, size, axis=1),
        np.repeat(one.start, size),
        np.repeat(one.release, size, axis=1),
        sparse(onto),
        {STIMULUS: counted(1), 0: counted(size, 1)},
    )
    circuit = Circuit((layer,), np.array([delay], np.int32), bus(size), 0.1)
    (fired,) = kernel.integrate(circuit, events(3), labels(), steps)
    latency = fired.step[0] - 3
    expected = np.arange(3 + latency, steps, latency + 1 + delay)
    assert 3 < latency < 60
    np.testing.assert_array_equal(fired.step, expected)
    np.testing.assert_array_equal(fired.source, np.arange(len(expected)))


@pytest.mark.parametrize("shortest", [0, 3, 6, 200])
def test_nothing_arrives_in_the_span_in_which_it_is_sent(shortest):
    begins = windows(1000, np.array([shortest + 2, shortest], np.int32))
    ends = np.append(begins[1:], 1000)
    assert (ends - begins <= shortest + 1).all()
    assert (begins // CHUNK == (ends - 1) // CHUNK).all()
    assert begins[0] == 0
    np.testing.assert_array_equal(windows(130, None), [0, 64, 128])


INPUT, ONE, TWO = (
    Population("input", 30, "input"),
    Population("one", 8, "hidden"),
    Population("two", 4, "hidden"),
)


def on_the_wafer(network, weights, section):
    placement = mapping.place(
        network, 4, small.HICANNS, small.HICANNS, small.DOCUMENTED.parts
    ).placement
    substrate = backends.connect(section, placement, (1, 0, 0), 1)
    substrate.program(small.circuits(section, placement))
    substrate.write_weights(weights)
    return substrate.run(small.stimulus(), 350.0, times=True)


def test_the_order_of_populations_does_not_matter_on_ideal_links():
    """In the wrong order they are advanced together, in the right one after the other.

    A neuron's place in its layer decides when within a step it is released.
    """
    section = small.ideal(Experiment().substrate)
    projections = (Projection("input", "one"), Projection("one", "two"))
    right, wrong = Network((INPUT, ONE, TWO), projections), Network((INPUT, TWO, ONE), projections)
    assert (len(right.groups), len(wrong.groups)) == (2, 1)
    one, other = (on_the_wafer(n, small.WEIGHTS, section) for n in (right, wrong))
    for name in ("one", "two"):
        assert one.of(name).counts.sum() > 1000
        apart = one.of(name).counts - other.of(name).counts
        assert np.abs(apart).max() <= 1
        assert abs(apart.sum()) < 0.01 * one.of(name).counts.sum()


@pytest.mark.parametrize("kernel", ["numpy", "numba"])
def test_inhibition_of_each_other_leaves_fewer_spikes(kernel):
    section = replace(Experiment().substrate, kernel=kernel)
    mask = ~np.eye(8, dtype=bool)
    network = Network((INPUT, ONE), (Projection("input", "one"), Projection("one", "one", mask)))
    inward = small.WEIGHTS[0]
    free, held = (
        on_the_wafer(network, [inward, (strength * mask).astype(np.int8)], section).counts.sum()
        for strength in (0, -15)
    )
    assert 0 < held < 0.8 * free


def test_weights_where_there_is_no_connection_do_nothing():
    section = Experiment().substrate
    mask = np.random.default_rng(0).random((30, 8)) < 0.5
    network = Network((INPUT, ONE), (Projection("input", "one", mask),))
    masked, whole = (
        on_the_wafer(network, [weights], section).counts
        for weights in ((small.WEIGHTS[0] * mask).astype(np.int8), small.WEIGHTS[0])
    )
    assert masked.sum() > 100
    np.testing.assert_array_equal(masked, whole)

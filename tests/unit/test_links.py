"""What was sent against what arrived, on every kind of link."""

import numpy as np
import pytest
import small
from waferloop import coding
from waferloop.settings import Encoding, Links, Substrate
from waferloop.wafer import links
from waferloop.wafer.kernels import Circuit, Events
from waferloop.wafer.kernels import numba as numba_kernel
from waferloop.wafer.kernels import numpy as numpy_kernel
from waferloop.wafer.links import Port
from waferloop.wafer.variation import key

KERNELS = pytest.mark.parametrize("kernel", [numpy_kernel, numba_kernel], ids=["numpy", "numba"])
LOADS = pytest.mark.parametrize("capacity", [0.0, 60.0, 200.0, 800.0])
IMAGES, NEURONS, DURATION = 60, 6, 1000.0
LINK = np.array([0, 0, 0, 1, 1, 1])


def port(capacity=0.0, loss=0.05, group_capacity=0.0):
    return Port(LINK, np.ones(2, bool), loss, capacity, key("x"), np.zeros(2, int), group_capacity)


def spikes(seed=0):
    """More and more busy neurons: up to 400 Hz on a link."""
    random = np.random.default_rng(seed)
    sizes = np.linspace(10, 800, IMAGES).astype(int)
    step = np.concatenate([np.sort(random.choice(9000, n, replace=False)) for n in sizes])
    neuron = random.integers(0, NEURONS, sizes.sum()).astype(np.int32)
    return Events(step.astype(np.int32), neuron, np.concatenate([[0], np.cumsum(sizes)]))


def offered(events):
    """Rate of each event's link in its presentation (Hz)."""
    cell = events.presentation * 2 + LINK[events.source]
    return (np.bincount(cell) / (DURATION * 1e-3))[cell]


def expected(events, capacity, loss=0.05):
    """Share of all events that the law lets pass."""
    return links.pass_probability(offered(events), loss, capacity).mean()


@KERNELS
@LOADS
def test_recording_loses_by_its_law(kernel, capacity):
    sent = spikes()
    labels = np.arange(IMAGES, dtype=np.uint64)
    counts, kept = kernel.record([sent], port(capacity), labels, DURATION)
    assert counts.sum() == kept[0].sum()
    assert kept[0].mean() == pytest.approx(expected(sent, capacity), abs=0.012)
    if 0 < capacity < 400:
        quiet, busy = (kept[0][mask].mean() for mask in (offered(sent) < 50, offered(sent) > 350))
        assert quiet > busy


@KERNELS
@LOADS
def test_buses_between_neurons_lose_by_their_law(kernel, capacity):
    sent = spikes()
    labels = np.arange(IMAGES, dtype=np.uint64)
    heard = travel(kernel, sent, port(capacity), labels)
    assert len(heard.step) / len(sent.step) == pytest.approx(expected(sent, capacity), abs=0.012)
    # nothing arrives that was not sent, and everything eight steps after it was noted
    for image in (0, IMAGES - 1):
        mine, theirs = (
            {
                (int(k), int(n))
                for k, n in zip(e.step[e.presentation == image], e.source[e.presentation == image],
                                strict=True)
            }
            for e in (heard, sent)
        )  # fmt: skip
        assert {(k - 8, n) for k, n in mine} <= theirs


@KERNELS
@pytest.mark.parametrize("code", coding.ENCODERS)
@pytest.mark.parametrize(("apart", "steps", "neurons"), [(4096, 0, 1), (1, 1, 0), (2**20, 0, 5)])
def test_spikes_of_different_images_have_independent_fates(kernel, code, apart, steps, neurons):
    """Wherever numbers of images, steps and neurons differ in a bit or two."""
    encoder = coding.encoder(Encoding(code=code))
    labels = np.concatenate(
        [encoder.encode(np.zeros((1, 3)), 1, ("test",), n).labels for n in (7, 7 + apart)]
    )
    duration = int(DURATION)
    step = np.repeat(np.arange(8 * duration, dtype=np.int32), NEURONS)
    neuron = np.tile(np.arange(NEURONS, dtype=np.int32), 8 * duration)
    sent = Events(np.tile(step, 2), np.tile(neuron, 2), np.array([0, 1, 2]) * len(step))
    heard = travel(kernel, sent, port(loss=0.5), labels)
    came = np.zeros((2, 8 * duration, NEURONS))
    came[heard.presentation, heard.step - 8, heard.source] = 1
    assert came.mean() == pytest.approx(0.5, abs=0.01)
    one, other = came
    other = other[np.arange(8 * duration) ^ steps]
    other = other[:, (np.arange(NEURONS) ^ neurons) % NEURONS]
    same = np.arange(NEURONS) ^ neurons < NEURONS
    assert abs(np.corrcoef(one[:, same].ravel(), other[:, same].ravel())[0, 1]) < 0.03


def test_a_wafer_tells_any_two_labels_apart():
    """Labels that somebody counted are no worse than random ones."""
    keys = small.opened(Substrate())._streams(np.arange(4096, dtype=np.uint64))
    differ = np.unpackbits((keys[1:] ^ keys[:-1]).view(np.uint8)).reshape(-1, 64)
    assert differ.mean() == pytest.approx(0.5, abs=0.01)
    assert differ.sum(axis=1).min() > 8


def travel(kernel, sent, bus, labels):
    delays, steps = np.array([7], np.int32), 10_000
    if kernel is numpy_kernel:
        return kernel._travel(sent, 0, Circuit((), delays, bus, 0.1), labels, steps)
    load = kernel._load(sent.source, sent.indptr, bus.link, 2)
    threshold = links.thresholds(bus, load, DURATION)
    return Events(
        *kernel._travel(
            sent.step, sent.source, sent.indptr, labels, 0, delays, bus.link, threshold, steps
        )
    )


def test_an_fpga_shares_its_capacity_among_its_hicanns():
    load = np.array([[300, 100], [30, 10]])
    alone, shared = (
        links.thresholds(port(loss=0.0, group_capacity=rate), load, DURATION) / 2.0**64
        for rate in (0.0, 200.0)
    )
    np.testing.assert_allclose(alone, 1.0)
    np.testing.assert_allclose(shared, [[0.5, 0.5], [1.0, 1.0]])


def test_a_link_passes_no_more_than_its_capacity():
    rate = np.array([1.0, 100.0, 1780.0, 5000.0])
    passed = rate * links.pass_probability(rate, 0.0, 1780.0)
    np.testing.assert_allclose(passed, np.minimum(rate, 1780.0))


def test_delays_have_their_mean_and_jitter_and_are_never_negative():
    delays = links.delays(Links(delay=0.8, jitter=0.1))
    assert delays.mean() == pytest.approx(0.8, abs=1e-3)
    assert delays.std() == pytest.approx(0.1, rel=0.02)
    assert links.delays(Links(delay=0.1, jitter=1.0)).min() == 0

"""Learning from spike times: the model of the membranes, and what each rule makes of it."""

from dataclasses import replace

import numpy as np
import pytest
from waferloop import coding, settings
from waferloop.coding.latency import Latency
from waferloop.learning import membrane, membrane_numpy
from waferloop.learning.loss import softmax_error
from waferloop.learning.membrane import Events, Model, Timed
from waferloop.learning.rules import Batch, rule, spike_times
from waferloop.learning.rules.backpropagation import angle_between
from waferloop.learning.rules.spike_times import first
from waferloop.network import Network, as_inputs
from waferloop.substrate import Recorded, SpikeTrains

NEURON = settings.Neuron(tau_refrac=17.0, tau_syn_E=10.0, tau_syn_I=8.0)
NETWORK = Network.dense(5, 4, 3)
MODEL = Model(NEURON, np.full((2, 2), 0.1), 0.8)
ENCODING = settings.Encoding(code="latency", decoder="first_spike", duration=20.0, pause=25.0)
IMAGES = np.random.default_rng(1).random((4, 5))
LABELS = np.arange(4) % 3
SENT = Latency(ENCODING).encode(IMAGES, 1, ("test",))
STEP = 0.5
THRESH = NEURON.v_thresh - NEURON.v_rest


def trains(image, times, neuron, images=4):
    """Spikes as they are recorded."""
    order = np.lexsort((times, image))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(image, minlength=images))])
    labels = np.arange(images, dtype=np.uint64)
    return SpikeTrains(times[order], neuron[order].astype(np.int32), indptr, labels)


NOTHING = trains(np.zeros(0, int), np.zeros(0), np.zeros(0, int))


def timed(written, decoder="first_spike", recorded=None, step=STEP):
    silent = dict.fromkeys(("hidden_1", "output"), NOTHING)
    found = coding.decoder(replace(ENCODING, decoder=decoder))
    return Timed(SENT, silent | (recorded or {}), written, MODEL, 45.0, found, step)


def firing(written, step=0.03):
    """A batch in which every neuron fires as the model says, and once at most."""
    found = timed(written, step=step)
    for name in ("hidden_1", "output"):
        u = membrane.traces(NETWORK, found, name).u.astype(float)
        above = u >= THRESH
        image, neuron = np.nonzero(above.any(axis=1))
        after = above.argmax(axis=1)[image, neuron]
        low, high = u[image, after - 1, neuron], u[image, after, neuron]
        times = step * (after - 1 + (THRESH - low) / (high - low))
        found.recorded[name] = trains(image, times, neuron)
    return found


def outputs(found):
    spikes = found.recorded["output"]
    counts = np.zeros((4, 3), np.int32)
    return found.decoder.values(Recorded(counts, spikes), found.window)


def batch(found):
    activations = as_inputs(NETWORK, IMAGES) | {"output": outputs(found)}
    return Batch(NETWORK, LABELS, activations, {}, 0, 0, 1, found)


def weights_of(seed):
    random = np.random.default_rng(seed)
    return [random.uniform(0.4, 1, (5, 4)), random.uniform(0.2, 1, (4, 3))]


@pytest.mark.parametrize("seed", range(3))
def test_eventprop_is_the_gradient_of_spike_times_that_the_model_has(monkeypatch, seed):
    """On a grid that is fine enough for differences, and far from spikes that hardly come."""
    monkeypatch.setattr(spike_times.EventProp, "step", 0.03)
    monkeypatch.setattr(spike_times, "LEAST_SLOPE", np.float32(0.01))
    weights = weights_of(seed)
    weights[0][0] *= -0.2
    loop = settings.Loop(gradient="eventprop", output_scale=20.0)
    assert len(firing(weights).recorded["output"].times) == 12
    loss, found = rule(loop).estimate(batch(firing(weights)), weights)

    def loss_of(changed):
        return softmax_error(outputs(firing(changed)), LABELS, 20.0)[0]

    assert loss == loss_of(weights)
    expected = [np.zeros_like(w) for w in weights]
    for number, index in [(n, i) for n, w in enumerate(weights) for i in np.ndindex(w.shape)]:
        measured = []
        for change in (-0.003, 0.003):
            changed = [w.copy() for w in weights]
            changed[number][index] += change
            measured.append(loss_of(changed))
        expected[number][index] = (measured[1] - measured[0]) / 0.006
    assert angle_between(found, expected) < 5
    size = np.linalg.norm(np.concatenate([f.ravel() for f in found]))
    assert size == pytest.approx(
        np.linalg.norm(np.concatenate([e.ravel() for e in expected])), rel=0.1
    )


WIDTH = 2.0
CONSTANTS = tuple(float(x) for x in MODEL.constants(STEP))


def soft(u):
    """What the surrogate derivative is the derivative of."""
    distance = (u - THRESH) / WIDTH
    return distance / (1 + abs(distance))


@pytest.fixture
def membranes():
    """Conductances that arrive, and where neurons are held [images, steps, neurons]."""
    random = np.random.default_rng(4)
    shape = 2, 30, 3
    arriving = 0.05 * random.random((2, *shape)) * (random.random((2, *shape)) < 0.3)
    held = np.zeros(shape, bool)
    held[0, 10:13, 1] = held[1, 20:22, 2] = True
    return arriving, held, random.normal(size=shape)


def test_surrogate_gradients_are_those_of_soft_spikes(membranes):
    arriving, held, error = membranes

    def value(changed):
        u = np.zeros(held.shape)
        membrane_numpy.integrate(*changed.copy(), held, CONSTANTS, u)
        return (error * soft(u) * ~held).sum()

    g, u = arriving.copy(), np.zeros(held.shape)
    membrane_numpy.integrate(*g, held, CONSTANTS, u)
    assert u.max() > THRESH - WIDTH
    thresh = np.full(3, THRESH)
    membrane_numpy.surrogate(*g, held, u, error, thresh, WIDTH, CONSTANTS)
    expected = np.zeros_like(arriving)
    for index in np.ndindex(arriving.shape):
        up, down = arriving.copy(), arriving.copy()
        up[index] += 1e-6
        down[index] -= 1e-6
        expected[index] = (value(up) - value(down)) / 2e-6
    np.testing.assert_allclose(g, expected, atol=1e-4 * abs(expected).max())


@pytest.mark.parametrize("seed", range(3))
def test_what_arrives_and_what_is_collected_are_adjoint(seed):
    random = np.random.default_rng(seed)
    events = Events.of(SENT, 0.8, STEP)
    weights = random.normal(size=(5, 4)).astype(np.float32)
    sensitivity = random.normal(size=(4, 50, 4)).astype(np.float32)
    arrived, collected = np.zeros_like(sensitivity), np.zeros_like(weights)
    membrane.kernel().arrive(*events.arguments, weights, arrived)
    membrane.kernel().collect(*events.arguments, sensitivity, collected)
    assert (arrived * sensitivity).sum() == pytest.approx((weights * collected).sum(), abs=1e-4)


def test_what_a_spike_is_worth_is_what_it_changes_where_it_arrives():
    written = [np.zeros((5, 4)), np.random.default_rng(0).uniform(-1, 1, (4, 3))]
    found = timed(written)
    sensitivities = tuple(
        np.random.default_rng(n).normal(size=(4, found.steps, 3)).astype(np.float32) for n in (1, 2)
    )
    worth = membrane.backwards(found, 1, sensitivities)
    for image, step, neuron in ((0, 0, 0), (1, 17, 2), (3, 40, 3)):
        at = (np.array([image]), np.array([step * STEP]), np.array([neuron]))
        events = Events.of(trains(*at), MODEL.delay, STEP)
        changed = 0.0
        for weights, sensitivity in zip(
            MODEL.weights(1, written[1], STEP), sensitivities, strict=True
        ):
            arrived = np.zeros_like(sensitivity)
            membrane.kernel().arrive(*events.arguments, weights, arrived)
            changed += float((arrived * sensitivity).sum())
        assert worth[image, step, neuron] == pytest.approx(changed, rel=1e-4)


def test_a_membrane_alone_follows_its_closed_form():
    """One excitatory spike, so weak that the driving force does not change."""
    found = timed([np.full((5, 4), 1e-3), np.zeros((4, 3))])
    u = membrane.traces(NETWORK, found, "hidden_1").u
    at = STEP * np.arange(found.steps)
    expected = np.zeros((4, found.steps))
    tau, syn = NEURON.tau_m, NEURON.tau_syn_E
    for image in range(4):
        for time in SENT.times[SENT.presentation == image] + MODEL.delay:
            t = np.maximum(at - time, 0)
            shape = (np.exp(-t / tau) - np.exp(-t / syn)) * tau * syn / (tau - syn)
            expected[image] += 0.1e-3 * (NEURON.e_rev_E - NEURON.v_rest) * shape
    np.testing.assert_allclose(u[:, :, 0], expected, atol=0.01 * expected.max())


def test_neurons_are_held_for_the_refractory_time():
    written = [np.zeros((5, 4)), np.zeros((4, 3))]
    at = np.array([2, 2]), np.array([7.3, 30.0]), np.array([1, 1])
    found = timed(written, recorded={"hidden_1": trains(*at)})
    traced = membrane.traces(NETWORK, found, "hidden_1")
    held = np.flatnonzero(traced.held[2, :, 1]) * STEP
    assert 0 <= held.min() - 7.3 < STEP
    assert len(held) == pytest.approx((17 + 15) / STEP, abs=2)
    assert traced.held.sum() == len(held)
    assert (traced.u[2, traced.held[2, :, 1], 1] == NEURON.v_reset - NEURON.v_rest).all()


def test_a_threshold_is_where_the_model_is_when_a_neuron_fires():
    weights = weights_of(0)
    found = firing(weights)
    at = membrane.at_spikes(membrane.traces(NETWORK, found, "hidden_1"), 99.0)
    # it is read a step before
    np.testing.assert_allclose(at, THRESH, atol=0.3)
    silent = membrane.at_spikes(membrane.traces(NETWORK, timed(weights), "hidden_1"), 99.0)
    assert (silent == 99).all()


def test_first_spikes():
    image, step, neuron = np.array([0, 0, 1, 0]), np.array([9, 4, 3, 5]), np.array([2, 2, 2, 0])
    assert {tuple(s) for s in np.transpose(first((image, step, neuron)))} == {
        (0, 4, 2), (1, 3, 2), (0, 5, 0),
    }  # fmt: skip


@pytest.mark.parametrize("decoder", ["early_count", "first_spike"])
@pytest.mark.parametrize("name", ["superspike", "superspike_nominal", "eventprop"])
def test_silent_outputs_learn_to_fire_for_their_class(name, decoder):
    weights = [weights_of(0)[0], np.full((4, 3), 0.02)]
    hidden = firing(weights).recorded["hidden_1"]
    found = timed(weights, decoder, recorded={"hidden_1": hidden})
    _, update = rule(settings.Loop(gradient=name)).estimate(batch(found), weights)
    alone = replace(batch(found), labels=np.zeros(4, int))
    _, update = rule(settings.Loop(gradient=name)).estimate(alone, weights)
    assert (update[1][:, 0] < 0).any()
    assert (update[1][:, 0] <= 0).all()
    assert (update[1][:, 1:] >= 0).all()


def test_kernels_agree_bit_by_bit(membranes):
    membrane_numba = pytest.importorskip("waferloop.learning.membrane_numba", exc_type=ImportError)
    arriving, held, error = membranes
    arriving, error = arriving.astype(np.float32), error.astype(np.float32)
    thresh = np.full(3, THRESH, np.float32)
    results = []
    for kernel in (membrane_numpy, membrane_numba):
        g, u = arriving.copy(), np.zeros(held.shape, np.float32)
        kernel.integrate(*g, held, MODEL.constants(STEP), u)
        results.append([g.copy(), u])
        for going_back, more in (
            (kernel.surrogate, (thresh, np.float32(WIDTH))),
            (kernel.jumps, (np.float32(0.3),)),
        ):
            back = g.copy()
            going_back(*back, held, u, error, *more, MODEL.constants(STEP))
            results[-1].append(back)
        events, weights = Events.of(SENT, 0.8, STEP), np.float32(error[0, :5])
        arrived, collected = np.zeros((4, 50, 3), np.float32), np.zeros((5, 3), np.float32)
        kernel.arrive(*events.arguments, weights, arrived)
        kernel.collect(*events.arguments, arrived, collected)
        results[-1] += [arrived, collected]
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)

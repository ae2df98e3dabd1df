"""Rules of learning, conversion and the loop's arithmetic."""

from dataclasses import replace

import numpy as np
import pytest
import small
from hypothesis import given
from hypothesis import strategies as st
from waferloop import coding, conversion, seeds, settings
from waferloop.chip import datasheet
from waferloop.datasets import Dataset
from waferloop.errors import UserError
from waferloop.experiment import store
from waferloop.learning import loop, rules
from waferloop.learning.checkpoint import Checkpoint
from waferloop.learning.loss import accuracy
from waferloop.learning.presenter import Presenter
from waferloop.learning.rules import Batch
from waferloop.learning.rules.backpropagation import angle_between, gradient, rounded
from waferloop.learning.rules.surrogate import measured_slope
from waferloop.network import Network, Population, Projection, forward, initial_weights, masked
from waferloop.substrate import Recording

ENCODING = settings.Encoding(rate_max=50.0, duration=100.0, pause=0.0)
BITS = 4
ROTATED = ("noisy", "biased")

BRANCHED = Network(
    (
        Population("one", 4, "input"),
        Population("two", 2, "input"),
        Population("a", 5, "hidden"),
        Population("b", 4, "hidden"),
        Population("output", 3, "output"),
    ),
    (
        Projection("one", "a"),
        Projection("two", "a"),
        Projection("a", "b", np.arange(20).reshape(5, 4) % 3 > 0),
        Projection("a", "output"),
        Projection("b", "output"),
        Projection("two", "output"),
    ),
)


def batch_of(network, activations, labels, iteration=1):
    return Batch(network, labels, activations, activations, 0, 0, iteration)


OF_RATES = [n for n in rules.RULES if not rules.from_times(rules.rule(settings.Loop(gradient=n)))]


@pytest.mark.parametrize("name", OF_RATES)
def test_no_rule_moves_weights_where_there_is_no_connection(name):
    random = np.random.default_rng(0)
    weights = initial_weights(BRANCHED, random)
    batch = batch_of(BRANCHED, forward(BRANCHED, weights, random.random((9, 6))), np.arange(9) % 3)
    angle = 30.0 if name in ROTATED else 0.0
    _, update = loop.estimated(batch, weights, settings.Loop(gradient=name, angle=angle))
    for part, projection in zip(update, BRANCHED.projections, strict=True):
        assert part.any()
        assert projection.mask is None or not part[~projection.mask].any()


def test_imported_weights_are_those_of_the_connections():
    given = [np.full(shape, 0.5) for shape in BRANCHED.shapes]
    for w, projection in zip(
        conversion.imported(given, BRANCHED), BRANCHED.projections, strict=True
    ):
        there = np.ones(w.shape, bool) if projection.mask is None else projection.mask
        np.testing.assert_array_equal(w, 0.5 * there)


NETWORK = Network.dense(12, 9, 8, 4)


@pytest.fixture
def backward():
    """A network's weights, activations and labels."""
    random = np.random.default_rng(0)
    weights = [random.normal(0.1, 0.5, shape) for shape in NETWORK.shapes]
    images, labels = random.random((50, 12)), random.integers(0, 4, 50)
    return weights, forward(NETWORK, weights, images), labels


def estimate(problem, name, angle=0.0, bits=0, iteration=1):
    weights, activations, labels = problem
    section = settings.Loop(gradient=name, angle=angle, update_bits=bits, output_scale=0.7)
    return loop.estimated(batch_of(NETWORK, activations, labels, iteration), weights, section)


def precise_of(problem):
    return estimate(problem, "relu")[1]


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 120.0, 180.0])
@pytest.mark.parametrize("name", ROTATED)
def test_rotated_gradient_has_its_angle_and_keeps_its_length(backward, name, angle):
    precise = precise_of(backward)
    (_, one), (_, other) = (estimate(backward, name, angle, iteration=n) for n in (1, 2))
    assert angle_between(one, precise) == pytest.approx(angle, abs=1e-4)
    for turned, straight in zip(one, precise, strict=True):
        assert np.linalg.norm(turned) == pytest.approx(np.linalg.norm(straight))
    if 0 < angle < 180:
        away = max(np.abs(a - b).max() for a, b in zip(one, other, strict=True))
        assert away > 1e-6 if name == "noisy" else away == 0


def test_only_the_biased_gradient_is_turned_the_same_way_at_every_iteration(backward):
    weights, activations, labels = backward
    random = np.random.default_rng(5)

    def across(name, iteration):
        images = random.permutation(len(labels))[:20]
        some = weights, {n: a[images] for n, a in activations.items()}, labels[images]
        straight, turned = (
            np.concatenate([g.ravel() for g in estimate(some, rule, 80.0, 0, iteration)[1]])
            for rule in ("relu", name)
        )
        part = turned - straight * (turned @ straight) / (straight @ straight)
        return part / np.linalg.norm(part)

    agreement = {name: across(name, 3) @ across(name, 8) for name in ROTATED}
    assert agreement["biased"] > 0.7
    assert abs(agreement["noisy"]) < 0.3


def test_a_projection_of_one_synapse_cannot_be_rotated(backward):
    network = Network.dense(3, 1, 1)
    weights = [np.full(shape, 0.5) for shape in network.shapes]
    images, labels = np.ones((4, 3)), np.zeros(4, np.int64)
    section = settings.Loop(gradient="noisy", angle=60.0)
    batch = batch_of(network, forward(network, weights, images), labels)
    for part in loop.estimated(batch, weights, section)[1]:
        assert np.isfinite(part).all()


def test_sign_gradient_has_one_size_per_projection(backward):
    _, signs = estimate(backward, "sign")
    for s, g in zip(signs, precise_of(backward), strict=True):
        np.testing.assert_array_equal(np.sign(s), np.sign(g))
        assert np.ptp(np.abs(s[s != 0])) < 1e-15


def test_random_feedback_is_fixed_and_exact_in_the_last_projection(backward):
    precise = precise_of(backward)
    (_, one), (_, other) = (estimate(backward, "random_feedback", iteration=n) for n in (1, 2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one[-1], precise[-1])
    assert angle_between(one[:1], precise[:1]) > 5


def test_surrogate_of_a_scaled_relu_network_finds_its_slopes(backward):
    random = np.random.default_rng(3)
    drive = random.normal(0, 1, (500, 6))
    slopes = random.uniform(0.2, 2.0, 6)
    found = measured_slope(drive, slopes * np.maximum(drive, 0))
    np.testing.assert_allclose(found, slopes)
    # in the software network all slopes are 1 and the surrogate is exact
    _, surrogate = estimate(backward, "surrogate")
    assert angle_between(surrogate, precise_of(backward)) < 1e-3


def test_every_registered_rule_can_be_used(backward):
    for name in OF_RATES:
        loss, update = estimate(backward, name, 60.0)
        assert loss > 0
        assert [part.shape for part in update] == NETWORK.shapes


def test_an_unknown_rule_is_named(backward):
    with pytest.raises(UserError, match=r"loop\.gradient: 'magic'.*relu"):
        estimate(backward, "magic")


@given(st.integers(2, 8))
def test_rounded_update_has_few_values(bits):
    g = np.random.default_rng(bits).normal(size=1000)
    few = rounded(g, bits)
    assert len(np.unique(few)) <= 2**bits - 1
    step = np.abs(g).max() / (2 ** (bits - 1) - 1)
    assert np.abs(few - g).max() <= step / 2 + 1e-12


@pytest.mark.parametrize("bits", range(1, 8))
def test_every_code_comes_back_from_its_weight(bits):
    most = 2**bits - 1
    codes = np.arange(-most, most + 1, dtype=np.int8)[:, None]
    (weights,) = conversion.dequantise([codes], bits)
    assert (np.diff(weights[:, 0]) > 0).all()
    assert (weights[0, 0], weights[most, 0], weights[-1, 0]) == (-1, 0, 1)
    (again,) = conversion.quantise([weights], bits)
    np.testing.assert_array_equal(again, codes)
    assert again.dtype == np.int8


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40), st.integers(1, 7))
def test_quantisation_takes_the_nearest_level(values, bits):
    w = np.array(values)
    (codes,) = conversion.quantise([w], bits)
    (rounded,) = conversion.dequantise([codes], bits)
    assert codes.dtype == np.int8
    assert np.abs(codes).max() <= 2**bits - 1
    levels = datasheet.weight_levels(bits)
    levels = np.concatenate([-levels, levels])
    nearest = np.abs(w[:, None] - levels).min(axis=1)
    np.testing.assert_allclose(np.abs(w - rounded), nearest, atol=1e-12)
    np.testing.assert_array_equal(conversion.quantise([-w], bits)[0], -codes)
    np.testing.assert_array_equal(conversion.quantise([rounded], bits)[0], codes)


@pytest.mark.parametrize("network", [BRANCHED, Network.dense(12, 9, 8, 4)])
@pytest.mark.parametrize("size", [1e-3, 0.3, 40.0])
def test_scaled_weights_decide_as_before(network, size):
    """But for what is cut: with one hidden unit's scale left out, shortcuts would weigh more."""
    random = np.random.default_rng(3)
    given = [
        masked(random.uniform(-size, size, shape), p)
        for shape, p in zip(network.shapes, network.projections, strict=True)
    ]
    found, unit = conversion.scaled(given, network, 7)
    images = random.random((50, network.sources))
    before, after = (forward(network, w, images)["output"] for w in (given, found))
    np.testing.assert_allclose(unit * after, before, atol=0.02 * before.max())
    for w, projection in zip(found, network.projections, strict=True):
        assert np.abs(w).max() <= 1
        np.testing.assert_array_equal(w, masked(w, projection))


@pytest.mark.parametrize("bits", [1, 4, 7])
def test_scaled_weights_lose_less_when_rounded(bits):
    random = np.random.default_rng(bits)
    network = Network.dense(50, 40, 3)
    given = [0.1 * random.standard_t(4, shape) for shape in network.shapes]

    largest = [w / np.abs(w).max() for w in given]
    for n, w in enumerate(conversion.scaled(given, network, bits)[0]):
        rounded = conversion.dequantise(conversion.quantise([w], bits), bits)
        worst = conversion.dequantise(conversion.quantise([largest[n]], bits), bits)
        assert angle_between(rounded, [given[n]]) <= angle_between(worst, [given[n]])


def test_nothing_to_scale_stays_nothing():
    zeros = [np.zeros(shape) for shape in BRANCHED.shapes]
    found, unit = conversion.scaled(zeros, BRANCHED, 4)
    assert unit == 1
    for w in found:
        assert not w.any()


def test_normalisation_finds_the_factor():
    activations = np.random.default_rng(0).random((50, 4))
    assert conversion.normalisation(30 * activations, activations) == pytest.approx(30)


@given(st.floats(0.01, 100), st.integers(1, 99))
def test_a_population_fires_when_it_does_so_in_a_tenth_of_the_images(scale, images):
    counts = np.zeros((100, 4), int)
    counts[:images, images % 4] = 3
    assert conversion.fires(counts) == (images >= 10)
    activations = scale * np.linspace(0, 1, 400).reshape(100, 4)
    # spikes of a silent population become no activations beyond those that there should be
    few = np.minimum(counts, 1)
    assert few.max() / conversion.stand_in(activations) <= activations.max() * (1 + 1e-12)
    assert conversion.stand_in(0 * activations) == 1


@pytest.mark.parametrize("network", [Network.dense(3, 6, 4), BRANCHED], ids=["chain", "branched"])
def test_gains_follow_the_activations_with_low_rates(network):
    """One divisor saturates, one is silent, two are right: the right one with lower rates wins."""
    random = np.random.default_rng(0)
    activations = {p.name: random.random((80, p.size)) for p in network.neural}

    def measure(gains):
        divisors = {p.post: div for p, div in zip(network.projections, gains.gmax_div, strict=True)}
        return {
            name: {2: np.full(a.shape, 90.0), 4: 100 * a, 8: np.rint(50 * a), 30: 0 * a}[
                divisors[name]
            ]
            for name, a in activations.items()
        }

    candidates = dict.fromkeys((p.name for p in network.neural), (2, 4, 8, 30))
    gains, tried = conversion.choose_gains(measure, activations, network, (205, 260), candidates)
    assert gains.gmax_div == (8,) * len(network.projections)
    assert len(tried) == 4 * len(network.neural)


class SoftwareSubstrate:
    """A substrate whose rates are the activations of the written weights."""

    def __init__(self, network, images, spikes_per_unit):
        self.network, self.images, self.spikes_per_unit = network, images, spikes_per_unit

    def program(self, circuits):
        pass

    def write_weights(self, weights):
        self.weights = conversion.dequantise(weights, BITS)

    def run(self, stimulus, duration, times=False):
        images = self.images[: len(stimulus.labels)]
        activations = forward(self.network, self.weights, images)
        every = [activations[population.name] for population in self.network.neural]
        counts = np.rint(np.concatenate(every, axis=1) * self.spikes_per_unit)
        return Recording(counts.astype(np.int32), None, self.network)


SHORTCUT = Network(
    (
        Population("input", 12, "input"),
        Population("hidden", 6, "hidden"),
        Population("output", 2, "output"),
    ),
    (
        Projection("input", "hidden"),
        Projection("hidden", "output"),
        Projection("input", "output", np.arange(24).reshape(12, 2) % 2 > 0),
    ),
)
both = pytest.mark.parametrize(
    "network", [Network.dense(12, 6, 2), SHORTCUT], ids=["chain", "skip"]
)


def presenter_of(network, images, spikes_per_unit):
    encoder, decoder = coding.encoder(ENCODING), coding.decoder(ENCODING)
    substrate = SoftwareSubstrate(network, images, spikes_per_unit)
    return Presenter(substrate, network, encoder, decoder, BITS, 0, 0)


@pytest.fixture
def problem():
    random = np.random.default_rng(1)
    x = random.random((300, 12), dtype=np.float32)
    y = (x[:, :4].sum(1) < x[:, 4:8].sum(1)).astype(np.int64)
    return Dataset(x, y, x[:50], y[:50])


def start(network, section):
    weights = initial_weights(network, seeds.generator(0, "test"))
    return loop.first(small.held(weights, BITS), section)


@both
def test_perfect_substrate_gives_the_software_gradient(problem, network):
    chosen = loop.batch_images(0, 0, 1, 300, 300)
    images, labels = problem.x_train[chosen], problem.y_train[chosen]
    section = settings.Loop(
        batch=300, momentum=0.0, optimiser="sgd", schedule="constant", learning_rate=0.1
    )
    before = start(network, section)
    after = loop.iterate(before, presenter_of(network, images, 1e6), problem, section)
    activations = forward(network, conversion.dequantise(before.codes, BITS), images)
    batch = batch_of(network, activations, labels)
    _, exact = gradient(batch, before.weights, activations, 1.0)
    for w, g, updated in zip(before.weights, exact, after.weights, strict=True):
        np.testing.assert_allclose(updated, np.clip(w - 0.1 * g, -1, 1), atol=1e-5)
    assert after.metrics["batch_accuracy"] == accuracy(activations["output"], labels)


class AwakeSubstrate(SoftwareSubstrate):
    """The same; the first hidden population is silent until it is woken."""

    awake = False

    def run(self, stimulus, duration, times=False):
        recording = super().run(stimulus, duration, times)
        units = self.network.units("hidden")
        if not self.awake:
            recording.counts[:, units] = 0
            recording.counts[0, units.start] = 1
        return recording


def test_a_population_that_wakes_up_later_gets_its_normalisation_then(problem):
    network = SHORTCUT
    images = problem.x_train[loop.batch_images(0, 0, 1, 300, 300)]
    section = settings.Loop(batch=300, learning_rate=1e-9)
    presenter = presenter_of(network, images, 40)
    substrate = AwakeSubstrate(network, images, 40)
    presenter = replace(presenter, substrate=substrate)
    asleep = loop.iterate(start(network, section), presenter, problem, section)
    assert set(asleep.normalisation) == {"output"}
    measured = loop.present(asleep, presenter, problem, 300)
    strongest = measured.batch.software["hidden"].max()
    assert measured.batch.activations["hidden"].max() == pytest.approx(strongest)
    substrate.awake = True
    substrate.images = problem.x_train[loop.batch_images(0, 0, 2, 300, 300)]
    awake = loop.iterate(asleep, presenter, problem, section)
    assert float(awake.normalisation["hidden"]) == pytest.approx(40, rel=0.05)
    assert awake.normalisation["output"] == asleep.normalisation["output"]
    # what is known holds as long as there are spikes, and is measured anew after a silence
    substrate.spikes_per_unit = 80
    substrate.images = problem.x_train[loop.batch_images(0, 0, 3, 300, 300)]
    kept = loop.iterate(awake, presenter, problem, section)
    assert kept.normalisation == awake.normalisation
    again = loop.iterate(
        replace(asleep, iteration=2, normalisation={}), presenter, problem, section
    )
    assert float(again.normalisation["hidden"]) == pytest.approx(80, rel=0.05)


@both
@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
def test_interrupted_loop_gives_the_same_state(problem, network, optimiser, schedule, tmp_path):
    section = settings.Loop(
        batch=100, weight_decay=1e-3, test_every=2, optimiser=optimiser, schedule=schedule,
        iterations=4,
    )  # fmt: skip
    origin = store.Origin("loop", (), "")

    def advance(state):
        presenter = presenter_of(network, problem.x_train, 40)
        return loop.iterate(state, presenter, problem, section)

    straight = resumed = start(network, section)
    for i in range(4):
        straight = advance(straight)
        store.save(tmp_path / f"{i}.npz", advance(resumed), origin)
        resumed = store.load(tmp_path / f"{i}.npz", Checkpoint, origin)
    for one, other in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert straight.normalisation == resumed.normalisation
    assert "test_accuracy" in straight.metrics


def test_an_update_that_is_not_finite_is_never_written(problem):
    network, section = (
        Network.dense(12, 6, 2),
        settings.Loop(batch=100, learning_rate=1e308, optimiser="sgd"),
    )
    before = start(network, section)
    huge = replace(
        before, optimiser={"velocities": [np.full(w.shape, 1e308) for w in before.weights]}
    )
    section = replace(section, momentum=0.99, weight_decay=1e10)
    with pytest.raises(UserError, match=r"loop\.learning_rate.*iteration 1.*not finite.*lower"):
        loop.iterate(huge, presenter_of(network, problem.x_train, 40), problem, section)

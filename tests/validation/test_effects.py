"""Every imperfection alone: off, it changes nothing; on, it does; none makes spikes of nothing."""

from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy import stats
from waferloop import calibration, coding, conversion, mapping, settings
from waferloop.backends import emulator
from waferloop.chip import datasheet
from waferloop.chip.parameters import PARAMETERS, V_GMAX
from waferloop.conversion import Gains
from waferloop.errors import UserError
from waferloop.network import Network
from waferloop.substrate import check_weights
from waferloop.wafer import synapse

LAYERS = (40, 12, 6)
HICANNS = np.array([0, 1])
ENCODER = coding.encoder(settings.Encoding(rate_max=80.0, duration=300.0, pause=50.0))
DOCUMENTED = calibration.of_hicanns(HICANNS)
PLACED = mapping.place(Network.dense(*LAYERS), 4, HICANNS, HICANNS, DOCUMENTED.parts).placement
RANDOM = np.random.default_rng(5)
WEIGHTS = conversion.quantise(
    [np.clip(RANDOM.normal(0.15, 0.4, shape), -1, 1) for shape in ((40, 12), (12, 6))], 4
)
STIMULUS = ENCODER.encode(RANDOM.random((30, 40), dtype=np.float32), 1, ("test",))

VARIATION = [
    *(("fixed_pattern", p.name) for p in (*PARAMETERS, V_GMAX)),
    *(("rewrite", p.name) for p in (*PARAMETERS, V_GMAX)),
    *((name,) for name in ("slope", "synapse", "row", "saturation", "adc_noise", "adc_offset")),
]
# strong enough to be seen in thirty images
LINKS = {
    "input_loss": 0.1, "input_rate": 300.0, "fpga_rate": 500.0, "internal_loss": 0.1,
    "internal_rate": 100.0, "recording_loss": 0.1, "recording_rate": 100.0, "delay": 3.0,
    "jitter": 1.0,
}  # fmt: skip


def put(section, path, value):
    """A copy of a section with one key changed."""
    name, *rest = path
    return replace(section, **{name: put(getattr(section, name), rest, value) if rest else value})


def get(section, path):
    for name in path:
        section = getattr(section, name)
    return section


def nothing(section):
    """All sizes zero, their overall factor one."""
    zero = {}
    for name in (field.name for field in fields(section)):
        value = getattr(section, name)
        zero[name] = nothing(value) if is_dataclass(value) else 1.0 if name == "scale" else 0.0
    return replace(section, **zero)


@pytest.fixture(scope="module")
def perfect(ideal):
    """Ideal, but with an overall factor of one: whatever is now set takes effect."""
    return replace(ideal, variation=nothing(ideal.variation))


def observe(section):
    """Recorded counts, and a trace."""
    substrate = emulator.connect(section, PLACED, (1, 0, 0), 1)
    codes = calibration.codes_for(DOCUMENTED, PLACED.denmems, section.neuron)
    substrate.program(Gains((205, 251), (2, 2)).program(codes))
    substrate.write_weights(WEIGHTS)
    counts = substrate.run(STIMULUS, ENCODER.window).counts
    return counts, substrate.trace(3, STIMULUS, 50.0).volts


@pytest.fixture(scope="module")
def seen(perfect):
    return observe(perfect)


def test_all_off_is_the_ideal_machine(perfect, ideal, seen):
    assert ideal.variation.slope > 0
    for one, other in zip(observe(ideal), seen, strict=True):
        np.testing.assert_array_equal(one, other)
    assert seen[0].sum() > 3000


@pytest.mark.parametrize("path", VARIATION, ids=".".join)
def test_each_variation_acts_alone_and_scales(perfect, seen, path):
    size = get(settings.Variation(), path)
    # an input of the default's limit is not reached by this stimulus
    size *= 10 if path == ("saturation",) else 2
    one = observe(put(perfect, ("variation", *path), size))
    counts_differ, trace_differs = ((a != b).any() for a, b in zip(one, seen, strict=True))
    assert trace_differs if path[0].startswith("adc") else counts_differ
    if path[0].startswith("adc"):
        assert not counts_differ
    off = put(put(perfect, ("variation", *path), size), ("variation", "scale"), 0.0)
    # saturation is no deviation: only its own value turns it off
    expected = one[0] if path == ("saturation",) else seen[0]
    np.testing.assert_array_equal(observe(off)[0], expected)


@pytest.mark.parametrize(
    ("name", "share"), [("denmem", 0.1), ("driver", 0.3), ("hicann", 0.95), ("synapse", 0.1)]
)
def test_each_defect_acts_alone(perfect, seen, name, share):
    broken, _ = observe(put(perfect, ("defects", name), share))
    assert (broken != seen[0]).any()
    if name in ("denmem", "hicann"):
        assert (broken == 0).all(axis=0).sum() > (seen[0] == 0).all(axis=0).sum()


@pytest.mark.parametrize("name", LINKS)
def test_each_link_effect_acts_alone(perfect, seen, name):
    counts, trace = observe(put(perfect, ("links", name), LINKS[name]))
    if name == "delay":
        # everything happens later, but still within the pause; other instants of release have
        # their turn
        assert np.abs(counts - seen[0]).mean() < 0.5
        assert counts.sum(axis=0) == pytest.approx(seen[0].sum(axis=0), rel=5e-3, abs=2)
        assert (trace != seen[1]).any()
        return
    assert (counts != seen[0]).any()
    if name.startswith("recording"):
        assert (counts <= seen[0]).all()
    if name.startswith("internal"):
        np.testing.assert_array_equal(counts[:, :12], seen[0][:, :12])
        assert counts[:, 12:].sum() != seen[0][:, 12:].sum()


@examples(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 0.5))
def test_no_spike_appears_from_nowhere(perfect, seed, loss, dead):
    """What is recorded with losses was fired without them."""
    section = put(perfect, ("variation",), settings.Variation(scale=0.5))
    section = put(section, ("defects", "denmem"), dead)
    section = put(section, ("wafer",), seed)
    lossless, _ = observe(section)
    lossy, _ = observe(put(section, ("links", "recording_loss"), loss))
    assert (lossy <= lossless).all()
    mute, _ = observe(put(section, ("links", "input_loss"), 1.0))
    deaf = put(put(section, ("links", "input_loss"), 1.0), ("links", "recording_loss"), loss)
    assert (observe(deaf)[0] <= mute).all()


@examples(max_examples=40, deadline=None)
@given(st.integers(-128, 127), st.integers(0, 39), st.integers(0, 11), st.integers(1, 7))
def test_weights_beyond_their_bits_are_rejected(value, pre, post, bits):
    weights = [np.sign(w) for w in WEIGHTS]
    weights[0][pre, post] = value
    largest = 2**bits - 1
    if abs(value) <= largest:
        check_weights(weights, PLACED, bits)
    else:
        with pytest.raises(UserError, match=rf"-{largest}\.\.{largest}"):
            check_weights(weights, PLACED, bits)


@pytest.mark.parametrize(("name", "size"), [("synapse", 0.2), ("row", 0.1)])
def test_synapses_have_the_documented_distribution(perfect, name, size):
    """Weights of one code, all different; per row, those of a row alike."""
    variation = replace(perfect.variation, **{name: size})
    sites = np.arange(200)[:, None] * 256 + np.arange(100)
    gains = np.ones((2, *sites.shape))
    weights = np.full(sites.shape, 8.0)
    excitatory, inhibitory = synapse.conductance(
        weights, synapse.strength(sites, gains, gains, variation, perfect.defects, 0)
    )
    assert not inhibitory.any()
    factor = excitatory / datasheet.weight_conductance(8)
    drawn = factor.ravel()[::7] if name == "synapse" else factor[:, 0]
    assert (np.ptp(factor, axis=1) == 0).all() == (name == "row")
    assert stats.kstest((drawn - 1) / size, "norm").pvalue > 1e-3
    elsewhere = synapse.strength(sites, gains, gains, variation, perfect.defects, 1)
    other = synapse.conductance(weights, elsewhere)[0]
    assert abs(np.corrcoef(excitatory.ravel(), other.ravel())[0, 1]) < 0.1

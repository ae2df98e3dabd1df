"""Row gains: what is tried, what is chosen."""

import numpy as np
import pytest
from waferloop import conversion, settings
from waferloop.chip import datasheet
from waferloop.conversion import Gains, Tried, gains
from waferloop.network import Network

NEURON = settings.Neuron()
NETWORK = Network.dense(3, 4, 2)
V_GMAX = (205, 260)
# not in their order, and with a middle that no other counting finds
CANDIDATES = (11, 2, 8, 4, 30)


def chosen(answers, activations=None, **only):
    """Gains, table and every programming, where ``answers`` says what a population measures."""
    random = np.random.default_rng(0)
    activations = activations or {p.name: random.random((40, p.size)) for p in NETWORK.neural}
    programmed = []

    def measure(gains):
        programmed.append(gains)
        return {
            name: answers(name, div, activations[name])
            for name, div in zip(("hidden_1", "output"), gains.gmax_div, strict=True)
        }

    candidates = dict.fromkeys(("hidden_1", "output"), CANDIDATES) | only
    found, tried = conversion.choose_gains(measure, activations, NETWORK, V_GMAX, candidates)
    return found, tried, programmed, activations


def test_populations_have_candidates_of_their_own():
    found, tried, _, _ = chosen(lambda name, div, a: a, hidden_1=(6,))
    assert found.gmax_div == (6, 30)
    assert [(t.layer, t.gmax_div) for t in tried] == [(1, 6), *((2, div) for div in CANDIDATES)]


def test_excitation_and_inhibition_are_equal_currents_at_threshold():
    more = gains.inhibition(NEURON)
    driving = NEURON.e_rev_E - NEURON.v_thresh, NEURON.v_thresh - NEURON.e_rev_I
    assert more * driving[1] == pytest.approx(driving[0])
    assert conversion.v_gmax(100, NEURON) == (100, round(100 * more))
    assert conversion.v_gmax(datasheet.CODE_MAX, NEURON)[1] == datasheet.CODE_MAX


def test_both_rows_of_a_projection_get_its_divisor():
    codes = {"E_l": np.arange(3, dtype=np.uint16)}
    programmed = Gains(V_GMAX, (4, 11)).program(codes)
    assert programmed.codes is codes
    assert programmed.v_gmax == V_GMAX
    assert programmed.gmax_div.tolist() == [[4, 4], [11, 11]]


def test_layer_after_layer_is_tried_on_those_that_are_chosen():
    def answers(name, div, activations):
        return activations / div

    found, tried, programmed, activations = chosen(answers)
    # all follow alike: the largest divisor wins
    assert found == Gains(V_GMAX, (30, 30))
    first = [Gains(V_GMAX, (div, 8)) for div in CANDIDATES]
    assert programmed == first + [Gains(V_GMAX, (30, div)) for div in CANDIDATES]
    expected = [
        Tried(layer, div, pytest.approx(1.0), pytest.approx(activations[name].mean() / div))
        for layer, name in enumerate(("hidden_1", "output"), 1)
        for div in CANDIDATES
    ]
    assert tried == expected


def test_the_gain_with_the_best_correlation_is_chosen():
    noise = {2: 0.5, 4: 0.2, 8: 0.1, 11: 0.15, 30: 1.2}
    random = np.random.default_rng(1)

    def answers(name, div, activations):
        return activations + noise[div] * random.normal(0, activations.std(), activations.shape)

    found, tried, _, _ = chosen(answers)
    assert found.gmax_div == (8, 8)
    assert max(t.correlation for t in tried[:5]) == tried[2].correlation


@pytest.mark.parametrize("silent", ["measured", "software"])
def test_what_does_not_move_gets_the_strongest_gain(silent):
    def answers(name, div, activations):
        random = np.random.default_rng(div)
        return 0 * activations if silent == "measured" else random.random(activations.shape)

    still = {"hidden_1": np.ones((40, 4)), "output": np.zeros((40, 2))}
    found, tried, _, _ = chosen(answers, still if silent == "software" else None)
    assert found.gmax_div == (2, 2)
    assert {t.correlation for t in tried} == {-1.0}


def test_the_correlation_is_that_of_all_units_and_images():
    def answers(name, div, activations):
        return np.rint(50 / div * activations)

    _, tried, _, activations = chosen(answers)
    for t, name in zip(tried, 5 * ["hidden_1"] + 5 * ["output"], strict=True):
        both = answers(name, t.gmax_div, activations[name]).ravel(), activations[name].ravel()
        assert t.correlation == pytest.approx(np.corrcoef(*both)[0, 1], abs=5.1e-4)
        assert t.spikes == pytest.approx(both[0].mean())

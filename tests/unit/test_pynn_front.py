"""PyNN scripts on the emulated wafer."""

import warnings

import numpy as np
import pytest
from waferloop.errors import UserError
from waferloop.settings import Defects, Links, Variation

pytest.importorskip("pyNN", reason="needs PyNN (make pynn)")

import waferloop.pynn as sim
from pyNN.errors import InvalidParameterValueError, RecordingError
from waferloop.pynn import simulator, weights
from waferloop.pynn.sources import GivenTrains, Poisson, PoissonTrains
from waferloop.pynn.weights import Wanted

IDEAL = {
    "variation": Variation(scale=0.0, saturation=0.0),
    "defects": Defects(0.0, 0.0, 0.0, 0.0),
    "links": Links(*[0.0] * 7, delay=0.8, jitter=0.0),
    "calibrate": False,
}
NEURON = {"cm": 0.2, "tau_refrac": 1.0, "e_rev_I": -90.0}


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sim.WaferWarning)
        yield


def trains(population):
    return [np.asarray(t) for t in population.get_data("spikes").segments[-1].spiketrains]


def recurrent(**options):
    """Poisson sources onto neurons that excite and inhibit each other."""
    sim.setup(timestep=0.1, calibrate=False, variation=0.0, **options)
    sources = sim.Population(20, sim.SpikeSourcePoisson(rate=40.0))
    neurons = sim.Population(30, sim.IF_cond_exp(**NEURON))

    def connect(pre, seed, weight, kind):
        connector = sim.FixedProbabilityConnector(0.3, rng=sim.NumpyRNG(seed=seed))
        return sim.Projection(
            pre, neurons, connector, sim.StaticSynapse(weight=weight), receptor_type=kind
        )

    stimulus = connect(sources, 1, 0.003, "excitatory")
    connect(neurons[:20], 2, 0.001, "excitatory")
    connect(neurons[20:], 3, 0.003, "inhibitory")
    neurons.record("spikes")
    sources.record("spikes")
    return sources, neurons, stimulus


@pytest.mark.parametrize("inhibitory", [False, True])
@pytest.mark.parametrize("weight", [0.0003, 0.001, 0.0077, 0.02, 0.04])
def test_equal_weights_are_met_within_a_percent(weight, inhibitory):
    wanted = Wanted(np.full((3, 2), weight), inhibitory)
    v_gmax = weights.choose_v_gmax([wanted], 4)
    divisor = weights.divisor_for(wanted, v_gmax, 4)
    had = weights.rounded(wanted, v_gmax, divisor, 4)
    np.testing.assert_allclose(had.conductances, weight, rtol=0.01)
    assert np.all(had.codes < 0 if inhibitory else had.codes > 0)


def test_a_weight_beyond_any_synapse_does_not_make_others_coarse():
    wanted = Wanted(np.array([[0.01, 0.02, 0.03, 1000.0]]), False)
    v_gmax = weights.choose_v_gmax([wanted], 4)
    had = weights.rounded(wanted, v_gmax, weights.divisor_for(wanted, v_gmax, 4), 4)
    np.testing.assert_allclose(had.conductances[0, :3], [0.01, 0.02, 0.03], rtol=0.15)
    assert had.codes[0, 3] == 15


def test_conductance_falls_with_the_circuits_and_the_divisor():
    one = weights.levels(205, 4, 4)
    assert one[0] == 0
    np.testing.assert_allclose(weights.levels(205, 8, 4), one / 2)
    np.testing.assert_allclose(weights.levels(205, 4, 8), one / 2)


def test_zero_weights_stay_connected_and_can_be_set_later():
    sim.setup(**IDEAL)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[5.0, 6.0, 7.0, 8.0, 9.0]))
    neuron = sim.Population(1, sim.IF_cond_exp(**NEURON))
    projection = sim.Projection(source, neuron, sim.AllToAllConnector())
    neuron.record("spikes")
    sim.run(30.0)
    assert neuron.mean_spike_count() == 0
    placement = simulator.state.board.placement
    sim.reset()
    projection.set(weight=0.04)
    sim.run(30.0)
    assert neuron.mean_spike_count() > 0
    assert simulator.state.board.placement is placement


def test_however_time_is_cut_the_same_spikes_come():
    sources, neurons, _ = recurrent(seed=4)
    sim.run(400.0)
    whole, sent = trains(neurons), trains(sources)
    sources, neurons, _ = recurrent(seed=4)
    for _ in range(4):
        sim.run(100.0)
        trains(neurons)
    assert sum(map(len, whole)) > 50
    for one, other in zip(whole + sent, trains(neurons) + trains(sources), strict=True):
        np.testing.assert_array_equal(one, other)


def test_seeds_and_segments_have_spikes_of_their_own():
    found = []
    for seed in (4, 4, 5):
        _, neurons, _ = recurrent(seed=seed)
        sim.run(200.0)
        sim.reset()
        sim.run(200.0)
        segments = neurons.get_data().segments
        assert len(segments) == 2
        found += [[np.asarray(t).tolist() for t in s.spiketrains] for s in segments]
    assert found[0] == found[2]
    assert found[1] == found[3]
    assert found[0] != found[1]
    assert found[0] != found[4]


def test_what_was_recorded_before_a_change_stays():
    _, neurons, stimulus = recurrent(seed=1)
    sim.run(200.0)
    before = trains(neurons)
    stimulus.set(weight=0.03)
    sim.run(200.0)
    after = trains(neurons)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other[other <= 200.0])
    assert sum(map(len, after)) > 2 * sum(map(len, before)) > 0
    assert "changes between runs" in sim.report()


def test_get_data_with_clear_leaves_the_rest():
    _, neurons, _ = recurrent(seed=2)
    sim.run(200.0)
    first = neurons.get_data("spikes", clear=True).segments[0].spiketrains
    sim.run(200.0)
    second = neurons.get_data("spikes").segments[0].spiketrains
    assert max(float(t[-1]) for t in first if len(t)) <= 200.0
    assert min(float(t[0]) for t in second if len(t)) > 200.0


def test_a_rate_that_changes_draws_no_spike_twice():
    units = np.ones(50)
    sources = PoissonTrains(Poisson(50, 0, ("test",)), 20.0 * units, 100.0 * units, 1e4 * units)
    before, _ = sources.until(1000.0)
    sources.change(1000.0, 80.0 * units, 100.0 * units, 1900.0 * units)
    times, members = sources.until(3000.0)
    np.testing.assert_array_equal(np.sort(before), np.sort(times[times <= 1000.0]))
    assert times.min() > 100.0
    assert times.max() <= 2000.0
    # 50 units: 900 and 4000 spikes expected
    assert abs((times <= 1000.0).sum() - 900) < 4 * 900**0.5
    assert abs((times > 1000.0).sum() - 4000) < 4 * 4000**0.5
    assert set(members.tolist()) == set(range(50))


def test_given_spikes_can_be_replaced_from_a_time_on():
    source = GivenTrains([np.array([1.0, 5.0, 9.0])])
    source.change(5.0, [np.array([2.0, 7.0])])
    np.testing.assert_array_equal(source.until(20.0)[0], [1.0, 5.0, 7.0])


def test_views_and_assemblies_become_masks_of_whole_populations():
    sim.setup(**IDEAL)
    a = sim.Population(6, sim.SpikeSourceArray())
    b = sim.Population(4, sim.IF_cond_exp())
    c = sim.Population(3, sim.IF_cond_exp())
    pairs = [(0, 0, 0.01, 1.0), (2, 0, 0.02, 1.0), (1, 2, 0.03, 1.0), (1, 2, 0.01, 1.0)]
    projection = sim.Projection(a[3:6], b[2:4][1:2] + c, sim.FromListConnector(pairs))
    onto_b, onto_c = projection.wires()
    assert np.argwhere(onto_b.mask).tolist() == [[3, 3], [5, 3]]
    assert np.argwhere(onto_c.mask).tolist() == [[4, 1]]
    # two connections of the same cells are one synapse; cm is 1 nF, that of a circuit counts 0.2
    assert onto_c.wanted.conductances[4, 1] == pytest.approx(0.04 * 0.2)
    assert projection.get("weight", "array")[1, 2] == pytest.approx(0.04)
    assert len(projection) == 4


def test_a_membrane_is_seen_at_rest_and_never_above_threshold():
    _, neurons, _ = recurrent(seed=3)
    neurons[:2].record("v")
    sim.run(100.0)
    sim.run(100.0)
    (signal,) = neurons.get_data("v").segments[0].analogsignals
    assert signal.shape == (2001, 2)
    assert str(signal.units.dimensionality) == "mV"
    volts = np.asarray(signal)
    assert np.isfinite(volts).all()
    sim.setup(**IDEAL)
    alone = sim.Population(1, sim.IF_cond_exp(v_rest=-62.0))
    alone.record("v", sampling_interval=1.0)
    sim.run(50.0)
    (signal,) = alone.get_data().segments[0].analogsignals
    assert signal.shape == (51, 1)
    # codes of floating gates are 0.18 mV apart
    np.testing.assert_allclose(np.asarray(signal), -62.0, atol=0.2)


def test_inhibition_holds_and_cm_scales_weights():
    def count(inhibition, cm):
        sim.setup(**IDEAL)
        times = np.arange(2.0, 500.0, 3.0)
        source = sim.Population(2, sim.SpikeSourceArray(spike_times=times))
        neuron = sim.Population(1, sim.IF_cond_exp(**{**NEURON, "cm": cm}))
        static = sim.StaticSynapse(weight=0.02 * cm / 0.2)
        sim.Projection(source[:1], neuron, sim.AllToAllConnector(), static)
        static = sim.StaticSynapse(weight=inhibition * cm / 0.2)
        sim.Projection(
            source[1:], neuron, sim.AllToAllConnector(), static, receptor_type="inhibitory"
        )
        neuron.record("spikes")
        sim.run(500.0)
        return neuron.mean_spike_count()

    assert count(0.0, 0.2) > count(0.01, 0.2) > 0
    assert count(0.01, 0.2) == count(0.01, 1.0)


@pytest.mark.parametrize(
    "name", ["IF_curr_exp", "HH_cond_exp", "STDPMechanism", "TsodyksMarkramSynapse", "DCSource"]
)
def test_what_the_wafer_has_not_is_refused_by_name(name):
    assert not hasattr(sim, name)
    with pytest.raises(UserError, match=name):
        getattr(sim, name)


def test_wrong_requests_get_one_clear_message():
    sim.setup(calibrate=False)
    with pytest.raises(UserError, match="60000 neurons, but a wafer has 49152"):
        sim.Population(60_000, sim.IF_cond_exp())
    for parameters, message in (
        ({"tau_m": 1.0}, "tau_m = 1 is beyond"),
        ({"i_offset": 0.1}, "i_offset"),
        ({"v_reset": -40.0}, "v_reset = -40 has to be below v_thresh"),
        ({"cm": 0.0}, "cm = 0 is beyond"),
    ):
        with pytest.raises(UserError, match=message):
            sim.Population(2, sim.IF_cond_exp(**parameters))
    neurons = sim.Population(2, sim.IF_cond_exp())
    with pytest.raises(UserError, match="tau_syn_E = 100"):
        neurons.set(tau_syn_E=100.0)
    with pytest.raises(UserError, match="current injection"):
        neurons.inject(None)
    with pytest.raises(RecordingError, match="gsyn_exc"):
        neurons.record("gsyn_exc")
    with pytest.raises(InvalidParameterValueError, match="ascend"):
        sim.Population(1, sim.SpikeSourceArray(spike_times=[3.0, 1.0]))
    sources = sim.Population(500, sim.SpikeSourcePoisson())
    sim.Projection(sources, neurons, sim.AllToAllConnector())
    with pytest.raises(UserError, match="500 synapses, but 4 circuits take 4"):
        sim.run(10.0)
    for key, value in (("wafer", -1), ("variation", "much"), ("denmems_per_neuron", 5)):
        with pytest.raises(UserError, match=key):
            sim.setup(**{key: value})


def test_the_network_cannot_grow_while_it_runs():
    _, neurons, _ = recurrent()
    sim.run(10.0)
    with pytest.raises(UserError, match="reset"):
        sim.Projection(neurons, neurons, sim.OneToOneConnector())
    sim.reset()
    more = sim.Population(3, sim.IF_cond_exp(**NEURON))
    sim.Projection(neurons, more, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.03))
    more.record("spikes")
    sim.run(300.0)
    assert more.mean_spike_count() > 0


def test_what_could_not_be_had_is_told_once_per_projection():
    sim.setup(calibrate=False)
    source = sim.Population(3, sim.SpikeSourceArray(spike_times=[1.0]), label="source")
    neuron = sim.Population(3, sim.IF_cond_exp(cm=0.2), label="neuron")
    values = [(0, 0, 10.0, 3.0), (1, 1, 1e-6, 2.0), (2, 2, 0.01, 2.0)]
    projection = sim.Projection(source, neuron, sim.FromListConnector(values), label="one")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        sim.run(10.0)
        projection.set(delay=4.0)
        sim.run(1.0)
    assert [str(w.message).startswith("projection 'one'") for w in told].count(True) == 1
    text = sim.report()["projection 'one'"]
    for part in ("delays of 4 ms are 0.8 ms", "1 weights are beyond", "1 weights are 0"):
        assert part in text


def test_a_fully_met_request_is_not_told():
    sim.setup(**IDEAL)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
    neuron = sim.Population(1, sim.IF_cond_exp(**NEURON))
    exact = weights.levels(205, 4, 4)[8]
    sim.Projection(source, neuron, sim.AllToAllConnector(), sim.StaticSynapse(weight=exact))
    sim.run(10.0)
    assert sim.report() == {}


def test_populations_with_other_resets_share_one_where_circuits_do():
    sim.setup(**IDEAL)
    sim.Population(2, sim.IF_cond_exp(**NEURON, v_reset=-65.0), label="many")
    sim.Population(1, sim.IF_cond_exp(**NEURON, v_reset=-60.0), label="few")
    sim.run(10.0)
    assert "v_reset of 1 neurons is -6" in sim.report()["population 'few'"]


def test_min_delay_is_the_least_that_is_asked_for():
    sim.setup(min_delay="auto")
    neurons = sim.Population(3, sim.IF_cond_exp())
    assert sim.get_min_delay() == sim.get_time_step() == 0.1
    sim.Projection(neurons, neurons, sim.AllToAllConnector(), sim.StaticSynapse(delay=0.5))
    assert sim.get_min_delay() == 0.5
    default = sim.Projection(neurons, neurons, sim.OneToOneConnector(), sim.StaticSynapse())
    assert default.get("delay", "list", with_address=False) == [0.8] * 3


def test_parameters_of_views_and_single_cells():
    sim.setup()
    sources = sim.Population(1, sim.SpikeSourcePoisson(rate=[5.0], start=[10.0]))
    assert sources.get(["rate", "start"]) == [5.0, 10.0]
    neurons = sim.Population(5, sim.IF_cond_exp(v_thresh=-50.0))
    neurons[1:4][1:].set(v_thresh=-45.0)
    assert neurons.get("v_thresh").tolist() == [-50.0, -50.0, -45.0, -45.0, -50.0]
    assert neurons[3].v_thresh == -45.0
    neurons[0].tau_m = 15.0
    assert neurons.get("tau_m")[0] == 15.0


def test_weights_of_single_connections():
    sim.setup(**IDEAL)
    source = sim.Population(2, sim.SpikeSourceArray(spike_times=[5.0, 6.0, 7.0]))
    neurons = sim.Population(2, sim.IF_cond_exp(**NEURON))
    projection = sim.Projection(source, neurons, sim.OneToOneConnector())
    neurons.record("spikes")
    sim.run(20.0)
    projection[1].weight = 0.04
    assert projection.get("weight", "list") == [(0, 0, 0.0), (1, 1, 0.04)]
    sim.reset()
    sim.run(20.0)
    first, second = neurons.get_spike_counts().values()
    assert first == 0
    assert second > 0


def test_what_does_not_fit_is_said_in_the_words_of_the_script():
    sim.setup(calibrate=False)
    sources = sim.Population(3, sim.SpikeSourceArray())
    neurons = sim.Population(49_152, sim.IF_cond_exp())
    sim.Projection(sources, neurons[:3], sim.OneToOneConnector(), sim.StaticSynapse(weight=0.01))
    with pytest.raises(UserError, match="49152 neurons of 4 circuits and 3 sources"):
        sim.run(10.0)


def test_a_membrane_that_is_recorded_late_was_not_seen_before():
    sim.setup(**IDEAL)
    neurons = sim.Population(2, sim.IF_cond_exp())
    neurons[:1].record("v")
    sim.run(20.0)
    neurons.record("v")
    sim.run(20.0)
    (signal,) = neurons.get_data().segments[0].analogsignals
    volts = np.asarray(signal)
    assert volts.shape == (401, 2)
    assert np.isfinite(volts[:, 0]).all()
    assert np.isnan(volts[:199, 1]).all()
    assert np.isfinite(volts[201:, 1]).all()


def test_a_membrane_reaches_threshold_when_its_neuron_fires():
    _, neurons, _ = recurrent(seed=3)
    neurons.record("v")
    sim.run(200.0)
    segment = neurons.get_data().segments[0]
    volts = np.asarray(segment.analogsignals[0])
    for neuron, train in enumerate(segment.spiketrains):
        for time in np.asarray(train):
            at = round(time / 0.1)
            # noise of the ADC is 0.1 mV
            assert volts[at - 2 : at + 3, neuron].max() > -51.0
            assert volts[at + 3 : at + 6, neuron].max() < -55.0

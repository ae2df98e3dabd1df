"""The emulated wafer as its user sees it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import small
from small import PLACED, PRESENTATION, WEIGHTS, opened
from waferloop import backends
from waferloop.chip import datasheet
from waferloop.chip.parameters import E_L, V_T
from waferloop.errors import UserError
from waferloop.settings import Defects, Links, Substrate
from waferloop.wafer import links as wafer_links
from waferloop.wafer.kernels import numba as numba_kernel
from waferloop.wafer.kernels import numpy as numpy_kernel
from waferloop.wafer.links import Port
from waferloop.wafer.variation import key

SECTION = Substrate()
IDEAL = small.ideal(SECTION)
STIMULUS = small.stimulus()
WINDOW = PRESENTATION.window


def counts(section, **kwargs):
    return opened(section, **kwargs).run(STIMULUS, WINDOW).counts


def test_kernels_and_threads_give_the_same_counts():
    one, compiled, threaded = (
        counts(replace(SECTION, kernel=kernel), threads=threads)
        for kernel, threads in (("numpy", 1), ("numba", 1), ("numba", 2))
    )
    assert one.sum() > 1000
    np.testing.assert_array_equal(one, compiled)
    np.testing.assert_array_equal(compiled, threaded)


def test_a_later_process_finds_the_machine_as_it_was_left():
    one, same, rewritten = (
        counts(SECTION, write=write) for write in ((1, 0, 0), (1, 0, 0), (1, 0, 1))
    )
    np.testing.assert_array_equal(one, same)
    assert (one != rewritten).any()


def test_programming_again_lands_elsewhere():
    substrate = opened(SECTION)
    before = substrate.run(STIMULUS, WINDOW).counts
    substrate.program(small.circuits(SECTION))
    substrate.write_weights(WEIGHTS)
    assert (substrate.run(STIMULUS, WINDOW).counts != before).any()


def test_times_on_request_match_the_counts():
    recording = opened(SECTION).run(STIMULUS, WINDOW, times=True)
    counted = np.zeros_like(recording.counts)
    np.add.at(counted, (recording.spikes.presentation, recording.spikes.addresses), 1)
    np.testing.assert_array_equal(counted, recording.counts)
    assert recording.spikes.times.max() <= WINDOW


def test_recorded_spikes_are_some_of_those_that_were_fired():
    fired, came = (
        counts(
            replace(SECTION, links=replace(SECTION.links, recording_loss=loss, recording_rate=0.0))
        )
        for loss in (0.0, 0.3)
    )
    assert (came <= fired).all()
    assert came.sum() / fired.sum() == pytest.approx(0.7, abs=0.02)


def port(loss=0.0, capacity=0.0, group=0.0):
    return Port(
        np.arange(30) % 2, np.ones(2, bool), loss, capacity, key("x"), np.zeros(2, int), group
    )


KERNELS = pytest.mark.parametrize("kernel", [numpy_kernel, numba_kernel], ids=["numpy", "numba"])


@KERNELS
@pytest.mark.parametrize("rate", [0.0, 500.0, 5000.0])
def test_input_loss_follows_its_law(kernel, rate):
    way = port(0.05, rate)
    came = kernel.deliver(STIMULUS, way, np.zeros(1), 0.1, WINDOW)
    load = STIMULUS.presentation * 2 + way.link[STIMULUS.addresses]
    offered = np.bincount(load) / (WINDOW * 1e-3)
    expected = wafer_links.pass_probability(offered, 0.05, rate)[load].mean()
    assert len(came.step) / len(load) == pytest.approx(expected, abs=0.02)


def test_kernels_deliver_the_same():
    delays = wafer_links.delays(Links(0, 0, 0, 0, 0, 0, 0, delay=2.0, jitter=0.7))
    one, other = (
        kernel.deliver(STIMULUS, port(0.1, 800.0), delays, 0.1, WINDOW)
        for kernel in (numpy_kernel, numba_kernel)
    )
    for field in ("step", "source", "indptr"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
    assert (np.diff(one.step)[np.diff(one.presentation) == 0] >= 0).all()


@KERNELS
def test_links_delay_and_jitter(kernel):
    delays = wafer_links.delays(Links(0, 0, 0, 0, 0, 0, 0, delay=0.8, jitter=0.1))
    came = kernel.deliver(STIMULUS, port(), delays, 0.1, WINDOW)
    assert np.bincount(came.source).tolist() == np.bincount(STIMULUS.addresses).tolist()
    np.testing.assert_array_equal(came.indptr, STIMULUS.indptr)
    assert came.step.mean() * 0.1 - STIMULUS.times.mean() == pytest.approx(0.8, abs=0.01)
    assert delays.std() == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize("bits", [1, 2, 3, 5, 7])
def test_strongest_weights_are_the_same_at_any_resolution(bits):
    def machine(bits):
        section = replace(SECTION, weight_bits=bits)
        substrate = backends.connect(section, PLACED, (1, 0, 0))
        substrate.program(small.circuits(SECTION))
        return substrate

    def strongest(bits):
        substrate = machine(bits)
        substrate.write_weights([np.sign(w) * np.int8(2**bits - 1) for w in WEIGHTS])
        return substrate.run(STIMULUS, WINDOW).counts

    assert strongest(4).sum() > 1000
    np.testing.assert_array_equal(strongest(4), strongest(bits))
    with pytest.raises(UserError, match=f"-{2**bits - 1}"):
        machine(bits).write_weights([np.full_like(w, -(2**bits)) for w in WEIGHTS])


@pytest.mark.parametrize("part", ["denmem", "driver", "hicann", "synapse"])
def test_dead_parts_do_nothing(part):
    assert counts(IDEAL).sum() > 1000
    broken = replace(IDEAL, defects=replace(IDEAL.defects, **{part: 1.0}))
    assert counts(broken).sum() == 0


def test_more_dead_circuits_include_the_fewer():
    """Failures during the training take circuits away and bring none back."""
    fractions = (0.0, 0.05, 0.2, 0.6)
    fires = [
        counts(replace(IDEAL, defects=Defects(fraction, 0.0, 0.0, 0.0)))[:, :8].any(0)
        for fraction in fractions
    ]
    assert all((more <= fewer).all() for fewer, more in pairwise(fires))
    assert fires[-1].sum() < fires[0].sum()


def test_trace_shows_rest_and_threshold_through_the_adc():
    trace = opened(IDEAL).trace(0, STIMULUS, 300.0)
    lsb = datasheet.VOLT_MAX / 4096
    rest, threshold = (parameter.target(IDEAL.neuron) for parameter in (E_L, V_T))
    assert trace.volts[:, 0] == pytest.approx(rest, abs=3e-3)
    assert threshold - 5e-3 < trace.volts.max() <= threshold + 2e-3
    assert np.ptp(np.diff(trace.times)) < 1e-9
    codes = trace.volts / lsb - 0.5
    np.testing.assert_allclose(codes, np.rint(codes), atol=1e-6)


def test_wrong_use_is_refused():
    substrate = backends.connect(SECTION, PLACED, (1, 0, 0))
    with pytest.raises(UserError, match="program"):
        substrate.write_weights(WEIGHTS)
    substrate.program(small.circuits(SECTION))
    with pytest.raises(UserError, match="write the weights"):
        substrate.run(STIMULUS, 100.0)
    with pytest.raises(UserError, match=r"-15\.\.15"):
        substrate.write_weights([np.full((30, 8), 16, np.int8), WEIGHTS[1]])
    with pytest.raises(UserError, match="fit the network"):
        substrate.write_weights(WEIGHTS[:1])
    with pytest.raises(UserError, match="int8"):
        substrate.write_weights([w.astype(float) for w in WEIGHTS])


def test_one_block_has_one_v_reset():
    substrate = backends.connect(SECTION, PLACED, (1, 0, 0))
    circuits = small.circuits(SECTION)
    circuits.codes["V_reset"][0] += 1
    with pytest.raises(UserError, match="V_reset"):
        substrate.program(circuits)

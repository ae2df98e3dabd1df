"""The wafer's coordinates: counts, neighbours, and arrays that say what the value types say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from waferloop.chip import geometry
from waferloop.chip.geometry import (
    DNCOnWafer,
    HICANNOnWafer,
    NeuronBlockOnHICANN,
    NeuronOnHICANN,
    NeuronOnWafer,
    SynapseDriverOnHICANN,
)

ALL = [HICANNOnWafer(n) for n in range(384)]


def test_the_wafer_is_round():
    per_row = np.bincount([h.y for h in ALL]).tolist()
    assert per_row == [12, 12, 20, 20, 28, 28, 36, 36, 36, 36, 28, 28, 20, 20, 12, 12]
    assert {(35 - h.x, 15 - h.y) for h in ALL} == {(h.x, h.y) for h in ALL}
    # halco: HICANNs are numbered row by row
    assert (ALL[0].x, ALL[0].y) == (12, 0)
    assert (ALL[383].x, ALL[383].y) == (23, 15)
    assert [(h.y, h.x) for h in ALL] == sorted((h.y, h.x) for h in ALL)


def test_reticles_hold_four_by_two_hicanns():
    for number in range(48):
        dnc = DNCOnWafer(number)
        places = {(h.x - 4 * dnc.x, h.y - 2 * dnc.y) for h in dnc.hicanns}
        assert places == {(x, y) for x in range(4) for y in range(2)}
        assert {h.dnc for h in dnc.hicanns} == {dnc}
    assert sorted(geometry.BY_RETICLE) == list(range(384))
    assert (np.diff(geometry.reticle_of(geometry.BY_RETICLE)) >= 0).all()


def test_neighbours_are_mutual_and_one_hop_away():
    for hicann in ALL:
        assert 2 <= len(hicann.neighbours) <= 4
        for other in hicann.neighbours:
            assert hicann in other.neighbours
            assert hicann.distance(other) == 1


@given(st.integers(0, 196_607))
def test_arrays_say_what_the_value_types_say(number):
    place, array = NeuronOnWafer(number), np.array(number)
    hicann, neuron = place.hicann, place.neuron
    assert geometry.hicann_of(array) == hicann.enum
    assert geometry.reticle_of(geometry.hicann_of(array)) == hicann.dnc.enum
    assert geometry.column_of(array) == neuron.x
    assert geometry.denmem(hicann.enum, neuron.x, neuron.y) == number
    assert geometry.neuron_block(array) == hicann.enum * 8 + neuron.neuron_block.enum
    assert geometry.fg_block(array) == hicann.enum * 4 + neuron.fg_block.enum


@given(st.integers(0, 383), st.integers(0, 223), st.integers(0, 255))
def test_a_synapse_site_knows_its_driver_and_denmem(hicann, driver, column):
    site = geometry.synapse_site(np.array(hicann), np.array(driver), np.array(column))
    assert geometry.driver_of(site) == hicann * 224 + driver
    fed = NeuronOnWafer(int(geometry.denmem_of(site)))
    assert fed.hicann.enum == hicann
    assert (fed.neuron.x, fed.neuron.y) == (column, SynapseDriverOnHICANN(driver).array)


def test_drivers_and_their_buses():
    drivers = [SynapseDriverOnHICANN(n) for n in range(224)]
    quadrants = [(d.array, d.side) for d in drivers]
    assert {q: quadrants.count(q) for q in quadrants} == dict.fromkeys(set(quadrants), 56)
    assert {(d.array, row) for d in drivers for row in d.rows} == {
        (array, row) for array in (0, 1) for row in range(224)
    }
    # halco: 16 buses per driver, 14 drivers per bus and side
    for side, lines in (("left", range(128)), ("right", range(128, 256))):
        reach = [line for d in drivers if d.side == side for line in d.vlines]
        assert sorted(set(reach)) == list(lines)
        assert set(np.bincount(reach)[lines.start :]) == {14}


def test_sending_repeaters_lead_to_their_horizontal_buses():
    lines = [NeuronBlockOnHICANN(n).sending_repeater.hline for n in range(8)]
    assert lines == [62, 54, 46, 38, 30, 22, 14, 6]
    assert NeuronOnHICANN(511).neuron_block == NeuronBlockOnHICANN(7)
    assert NeuronOnHICANN(511).quad == 127


@pytest.mark.parametrize("wrong", [-1, 384])
def test_there_is_nothing_beyond(wrong):
    with pytest.raises(ValueError, match="0 to 383"):
        HICANNOnWafer(wrong)
    with pytest.raises(ValueError, match="edge"):
        HICANNOnWafer.at(0, 0)

"""The time account."""

import numpy as np
import pytest
from waferloop import calibration, mapping
from waferloop.analysis import timing
from waferloop.network import Network

HICANNS = np.array([0, 1])
PARTS = calibration.of_hicanns(HICANNS).parts
PLACED = mapping.place(Network.dense(100, 15, 15, 5), 4, HICANNS, np.arange(2, 6), PARTS).placement


def test_the_wafer_is_ten_thousand_times_faster():
    account = timing.account(PLACED, 1200, 1000.0, 1e6, 1e6)
    assert account.biological_s == 1200
    assert account.presentation_s == pytest.approx(0.12)
    assert account.iteration_s == pytest.approx(0.12, rel=0.05)


def test_busy_links_take_longer_than_the_presentation():
    quiet, busy = (timing.account(PLACED, 10, 1000.0, n, 0.0) for n in (1e3, 1e6))
    assert quiet.iteration_s < busy.iteration_s
    # a quarter of the inputs goes through each of four links, half through each of two FPGAs
    assert busy.links_s == pytest.approx(0.25e6 / 17.8e6)
    assert busy.iteration_s == busy.weights_s + busy.start_s + busy.links_s


def test_rewriting_takes_as_long_as_writing():
    once, anew = (timing.account(PLACED, 10, 1.0, 0, 0, rewrite) for rewrite in (False, True))
    assert anew.iteration_s - once.iteration_s == pytest.approx(once.floating_gates_s)


def test_writing_takes_all_rows_in_use():
    # 100 inputs on 32 buses of 3 or 4, twice 15 neurons on buses of 6 or less, two a driver, two
    # rows a driver, 32 packets a row
    rows = 2 * (32 * 2 + 2 * 8)
    assert timing.account(PLACED, 1, 1.0, 0, 0).weights_s == pytest.approx(rows * 32 * 44e-9)

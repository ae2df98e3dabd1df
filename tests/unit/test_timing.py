"""The time account."""

import numpy as np
import pytest
from waferloop import calibration, mapping, timing

HICANNS = np.array([0, 1])
PLACED = mapping.place((100, 15, 15, 5), 4, HICANNS, calibration.of_hicanns(HICANNS).parts)


def test_the_wafer_is_ten_thousand_times_faster():
    account = timing.account(PLACED, 1200, 1000.0, 1e6, 1e6)
    assert account.biological_s == 1200
    assert account.presentation_s == pytest.approx(0.12)
    assert account.iteration_s == pytest.approx(0.12, rel=0.05)


def test_busy_links_take_longer_than_the_presentation():
    quiet, busy = (timing.account(PLACED, 10, 1000.0, n, 0.0) for n in (1e3, 1e6))
    assert quiet.iteration_s < busy.iteration_s
    # half of the inputs go through each of two links
    assert busy.links_s == pytest.approx(0.5e6 * 24e-9)
    assert busy.iteration_s == busy.weights_s + busy.start_s + busy.links_s


def test_writing_takes_all_rows_in_use():
    # 130 sources have their own driver on one HICANN: 260 rows of 32 packets
    assert timing.account(PLACED, 1, 1.0, 0, 0).weights_s == pytest.approx(260 * 32 * 44e-9)

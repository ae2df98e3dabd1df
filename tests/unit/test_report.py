"""The report is one page with all figures in it."""

import base64

from small_results import CONTEXT, ITERATION, STATES
from waferloop import figures, report
from waferloop.analysis import statistics

SUMMARY = {
    **{state: statistics.spread([0.5, 0.7]) for state in STATES},
    "experiment": "x", "runs": 2, "images_test": 10, "iterations": 3,
    "iterations_to_90": statistics.spread([None, None]),
    "emulator": {"times_real_time": 100.0, "kernel": "numba"},
    "iteration": ITERATION | {
        "weights_s": 1e-3, "start_s": 2e-5, "presentation_s": 0.1, "links_s": 0.2
    },
}  # fmt: skip
MANIFEST = {
    "stages": {"software": {"jobs": 2, "seconds": 1.5, "peak_memory_mb": 100.0}},
    "shared": {},
    "versions": {"python": "3"},
    "git_commit": "abc",
    "machine": {"processor": "p", "cores": 2, "system": "s"},
    "config": {"runs": 2},
}


def test_who_does_not_see_a_figure_is_told_its_title():
    name, title, caption, svg = report.shown("comparison", b"<svg/>", CONTEXT)
    assert (name, title) == ("comparison", figures.load("comparison").TITLE)
    assert "2 runs" in caption
    page = report.render(SUMMARY, MANIFEST, [(name, title, "dots & <squares>", svg)])
    data = base64.b64encode(b"<svg/>").decode()
    assert (
        f'<figure id="comparison"><img alt="{title}" '
        f'src="data:image/svg+xml;base64,{data}">'
        "<figcaption>dots &amp; &lt;squares&gt;</figcaption></figure>"
    ) in page
    assert "60.0 %" in page

"""The comparison in docs/pynn.md: example scripts on NEST, on an ideal wafer and on default ones.

Usage: python docs/make_pynn.py (needs `make pynn`)
"""

import re
import sys
import warnings
from importlib import import_module
from pathlib import Path

from waferloop.settings import Defects, Links, Variation

HERE = Path(__file__).parent
EXAMPLES = {
    "balanced": "Balanced random network",
    "synfire": "Synfire chain",
    "winner": "Winner-take-all",
}
IDEAL = {
    "variation": Variation(scale=0.0, saturation=0.0),
    "defects": Defects(0.0, 0.0, 0.0, 0.0),
    "links": Links(*[0.0] * 7, delay=0.8, jitter=0.0),
    "calibrate": False,
}
RUNS = {
    "NEST": ("pyNN.nest", {}),
    "ideal wafer": ("waferloop.pynn", IDEAL),
    "wafer 0": ("waferloop.pynn", {"wafer": 0}),
    "wafer 1": ("waferloop.pynn", {"wafer": 1}),
    "wafer 0, not calibrated": ("waferloop.pynn", {"calibrate": False}),
}


def table(example):
    """Rows of measures, columns of runs; what the wafers could not do."""
    found, told = [], {}
    for run, (name, options) in RUNS.items():
        found.append(example.measures(example.main(name, **options)))
        if name == "waferloop.pynn":
            told[run] = import_module(name).report()
    rows = [["", *RUNS], ["---"] * (len(RUNS) + 1)]
    rows += [[measure, *(f"{f[measure]:.3g}" for f in found)] for measure in found[0]]
    text = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    for run, report in told.items():
        lines = "".join(f"\n- {subject}: {what}" for subject, what in report.items())
        text += f"\n\nTold on the {run}:{lines}" if lines else f"\n\nTold on the {run}: nothing."
    return text


def main():
    warnings.simplefilter("ignore")
    sys.path.insert(0, str(HERE / "examples" / "pynn"))
    page = HERE / "pynn.md"
    parts = [f"### {title}\n\n{table(import_module(n))}" for n, title in EXAMPLES.items()]
    between = r"(<!-- comparison -->\n).*(<!-- end -->)"
    text = "\n\n".join(parts)
    made = re.sub(between, lambda m: f"{m[1]}\n{text}\n\n{m[2]}", page.read_text(), flags=re.DOTALL)
    page.write_text(made)


if __name__ == "__main__":
    main()

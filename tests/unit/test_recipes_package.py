"""The recipes of docs/contributing.md that edit the package, done on a copy of it.

The copy runs in a process of its own. Each test says which files were touched, and that they are
all that were.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import small
import yaml
from conftest import ROOT
from waferloop.settings import Substrate

SOURCE = ROOT / "workflow" / "waferloop"
NO_CACHE = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True)
class Copy:
    """A copy of the package to edit and to run."""

    root: Path

    def write(self, file, text):
        (self.root / file).write_text(text)

    def edit(self, file, *changes):
        """Put new text in the place of old, which is there once."""
        text = (self.root / file).read_text()
        for old, new in changes:
            assert text.count(old) == 1
            text = text.replace(old, new)
        self.write(file, text)

    def touched(self):
        every = {path.relative_to(self.root).as_posix(): path for path in self.root.rglob("*.py")}
        return {
            name for name, path in every.items()
            if not (SOURCE / name).exists() or (SOURCE / name).read_bytes() != path.read_bytes()
        }  # fmt: skip

    def run(self, *arguments):
        """What Python prints; without compilation, which the copy would have to do anew."""
        paths = (self.root.parent, ROOT / "tests")
        environment = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "NUMBA_DISABLE_JIT": "1"}
        done = subprocess.run(
            [sys.executable, *arguments], env=os.environ | environment, cwd=self.root.parent,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def waferloop(self, *arguments):
        return self.run("-m", "waferloop", *arguments)


@pytest.fixture
def copy(tmp_path):
    root = tmp_path / "waferloop"
    shutil.copytree(SOURCE, root, ignore=NO_CACHE)
    return Copy(root)


RULE = '''
"""The gradient, halved."""

from waferloop.learning.rules.backpropagation import Relu


class Halved(Relu):
    """Half of it."""

    def estimate(self, batch, weights):
        """Mean loss and half of its gradient."""
        loss, gradient = super().estimate(batch, weights)
        return loss, [g / 2 for g in gradient]
'''
LOOP_OF = """
from waferloop import configure
from waferloop.experiment import stages
data = {"dataset": "", "software": ""}
print(stages.identities(configure(loop={"gradient": "halved"}), data)["loop"])
"""


def test_a_rule_of_learning_is_known_to_the_command_line_and_to_the_stages(copy):
    copy.write("learning/rules/halved.py", RULE)
    line = '    "sign": "waferloop.learning.rules.sign:Sign",\n'
    new = '    "halved": "waferloop.learning.rules.halved:Halved",\n'
    copy.edit("learning/rules/__init__.py", (line, line + new))
    assert copy.touched() == {"learning/rules/halved.py", "learning/rules/__init__.py"}
    assert "sign, halved, noisy" in copy.waferloop("explain", "loop.gradient")
    before = copy.run("-c", LOOP_OF)
    copy.edit("learning/rules/halved.py", ("g / 2", "g / 2.0"))
    assert copy.run("-c", LOOP_OF) != before


FIGURE = '''
"""How often neurons fire while the test set is shown."""

import pandas as pd

from waferloop.figures import Source, style

TITLE = "Spikes of every neuron"
CAPTION = "Spikes of every neuron per image, mean over {runs}."
INPUTS = {"evaluations": Source("evaluation", "all", (("state", "in_the_loop"),))}


def table(files, context):
    """Mean spikes per neuron."""
    counts = [found.counts.mean(axis=0) for found in files["evaluations"]]
    return pd.DataFrame({"spikes": sum(counts) / len(counts)})


def alt(table, context):
    """The quietest and the busiest."""
    return f"{len(table)} neurons, {table['spikes'].min()} to {table['spikes'].max()} spikes."


def draw(table, context):
    """A bar per neuron."""
    figure, axes = style.new(4.0, 3.0)
    axes.bar(table.index, table["spikes"])
    return figure
'''
DRAWN = """
import small_results
from waferloop import figures, report
from waferloop.figures import style
figure = figures.load(figures.FIGURES[-1])
table = figure.table(small_results.files(figure), small_results.CONTEXT)
assert len(table) == small_results.NETWORK.neurons
drawn = style.images(figure.draw(table, small_results.CONTEXT))
assert drawn["svg"].endswith(b"</svg>\\n")
csv = table.to_csv(index=False).encode()
shown = report.shown("activity", drawn, csv, table, small_results.CONTEXT)
print(shown.name, shown.title, shown.caption, shown.alternative, shown.table.name, sep="; ")
"""


def test_a_figure(copy):
    copy.write("figures/activity.py", FIGURE)
    copy.edit("figures/__init__.py", ('"timing",\n)', '"timing", "activity",\n)'))
    assert copy.touched() == {"figures/activity.py", "figures/__init__.py"}
    title = "Spikes of every neuron"
    found = copy.run("-c", DRAWN).strip()
    assert found.startswith(f"activity; {title}; {title} per image, mean over 2 runs.; 16 neurons,")
    assert found.endswith(" spikes.; activity.csv")


def test_a_setting(copy, tmp_path):
    line = (
        '    weight_decay: float = setting(0.0, "L2", source=CHOSEN, ge=0, le=limits.STEP_SIZE)\n'
    )
    new = (
        '    patience: int = setting(3, "iterations to wait", unit="steps", source=CHOSEN, ge=1)\n'
    )
    copy.edit("settings/__init__.py", (line, line + new))
    assert copy.touched() == {"settings/__init__.py"}
    assert copy.waferloop("explain", "loop.patience").splitlines() == [
        "loop.patience",
        "  meaning  iterations to wait",
        "  unit     steps",
        "  default  3",
        "  range    whole number ≥ 1",
        "  source   chosen",
    ]
    row = "| `loop.patience` | iterations to wait | steps | `3` | whole number ≥ 1 | chosen |\n"
    assert row in copy.waferloop("table")
    schema = yaml.safe_load(copy.waferloop("schema"))
    assert schema["properties"]["loop"]["properties"]["patience"] == {
        "default": 3, "description": "iterations to wait", "minimum": 1, "source": "chosen",
        "type": "integer", "unit": "steps",
    }  # fmt: skip
    assert schema["properties"]["loop"]["properties"].keys() > {"weight_decay", "output_scale"}


NEW_PARAMETERS = '''
class Adaptation(PulseTime):
    """A time that no parameter of PyNN sets."""

    def target(self, neuron: object) -> float:
        """2 ms, whatever the neuron."""
        return 2.0


I_RADAPT = Adaptation("I_radapt")
I_INTBBX = Gain("I_intbbx", default=1000.0)
PARAMETERS: tuple'''
CIRCUITS = """
from dataclasses import replace
import numpy as np
import small
from waferloop import Rig, UserError, configure, settings
from waferloop.chip import datasheet
from waferloop.chip.parameters import PARAMETERS

made = settings.FixedPattern(), settings.Rewrite()
print([size for part in made for size in (part.I_radapt, part.I_intbbx)])
new = [parameter for parameter in PARAMETERS if parameter.name in ("I_radapt", "I_intbbx")]
section = small.ideal(settings.Substrate())
written = small.circuits(section)
print([np.unique(written.codes[p.name]).tolist() for p in new])
print([int(datasheet.to_code(p.nominal_code(p.target(section.neuron)))) for p in new])

# the substrate asks for them, and they do something
substrate = small.opened(section)
try:
    kept = {name: codes for name, codes in written.codes.items() if name != "I_intbbx"}
    substrate.program(replace(written, codes=kept))
except UserError as error:
    print(error)
spikes = []
for name in (None, "I_radapt", "I_intbbx"):
    halved = {name: written.codes[name] // 2} if name else {}
    substrate.program(replace(written, codes=written.codes | halved))
    substrate.write_weights(small.WEIGHTS)
    spikes.append(int(substrate.run(small.stimulus(), 350.0).counts.sum()))
print(spikes)

# so does their fixed pattern, and the host finds its way
section = settings.Substrate()
for name in ("I_radapt", "I_intbbx"):
    pattern = replace(settings.FixedPattern(), **{name: 0.0})
    other = replace(section, variation=replace(section.variation, fixed_pattern=pattern))
    assert (small.ran(section).counts != small.ran(other).counts).any(), name
rig = Rig(configure(), structure=small.PLACED.network)
found = rig.calibration([])
print(rig.place(found).placement.neurons, set(found.offset) == {p.name for p in PARAMETERS})
"""


def test_a_neuron_parameter_of_the_chip(copy):
    copy.edit(
        "chip/parameters.py",
        ("PARAMETERS: tuple", NEW_PARAMETERS.lstrip("\n")),
        ("I_CONVX, I_CONVI,\n)", "I_CONVX, I_CONVI,\n    I_RADAPT, I_INTBBX,\n)"),
    )
    copy.edit(
        "wafer/neuron.py",
        ("    I_GL,\n", "    I_GL,\n    I_INTBBX,\n    I_RADAPT,\n"),
        ("values[I_PL][:, 0]", "(values[I_PL] + values[I_RADAPT])[:, 0]"),
        ("values[V_SYNTCX].mean(1)", "(values[V_SYNTCX] / values[I_INTBBX]).mean(1)"),
    )
    assert copy.touched() == {"chip/parameters.py", "wafer/neuron.py"}
    told = copy.run("-c", CIRCUITS).splitlines()
    sizes, written, documented, asked, spikes, placed = told
    assert sizes == "[0.3, 0.2, 0.2, 0.03]"
    codes = yaml.safe_load(documented)
    assert [[code] for code in codes] == yaml.safe_load(written)
    assert codes[1] == 409
    assert asked.startswith("I_intbbx: codes must have shape")
    usual, longer_pause, slower_synapses = yaml.safe_load(spikes)
    assert longer_pause < usual < slower_synapses
    assert placed == "12 True"
    told = copy.waferloop("explain", "substrate.variation.fixed_pattern.I_radapt")
    assert "offset of each circuit before calibration (I_radapt)" in told


DROOP = """
import small
from dataclasses import replace
from waferloop.settings import Substrate, Variation
for droop in (0.0, 0.4):
    print(small.ran(replace(Substrate(), variation=Variation(droop=droop))).counts.tolist())
"""


def test_an_imperfection_of_the_machine(copy):
    line = '    row: float = setting(\n        0.1, "relative strength of each synapse row"'
    new = '    droop: float = setting(0.0, "what all synapses lack", source=ASSUMED, ge=0, le=1)\n'
    copy.edit("settings/machine.py", (line, new + line))
    copy.edit("wafer/synapse.py", ("            * works\n", "            * works\n"
              "            * (1 - variation.droop)\n"))  # fmt: skip
    assert copy.touched() == {"settings/machine.py", "wafer/synapse.py"}
    without, drooping = map(yaml.safe_load, copy.run("-c", DROOP).splitlines())
    assert without == small.ran(Substrate()).counts.tolist()
    assert sum(map(sum, drooping)) < 0.9 * sum(map(sum, without))
    assert "default  0.0" in copy.waferloop("explain", "substrate.variation.droop")

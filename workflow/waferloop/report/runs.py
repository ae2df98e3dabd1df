"""One run in detail: what the page shows of the run that a reader picks."""

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from waferloop import calibration as calibrating
from waferloop import mapping as placing
from waferloop.calibration import Calibration
from waferloop.chip import datasheet, geometry
from waferloop.chip.geometry import HICANNOnWafer
from waferloop.chip.parameters import PARAMETERS
from waferloop.figures import Context
from waferloop.learning.evaluation import Evaluation
from waferloop.mapping import Mapping
from waferloop.network import Network, connected

if TYPE_CHECKING:
    from pandas import DataFrame

Codes = list[NDArray[np.int8]]
STATES = {
    "uncalibrated": "converted, not calibrated",
    "converted": "converted, calibrated",
    "in_the_loop": "after the loop",
}
"""In which spikes for sample images are recorded, and how they are called."""
BUDGET = 1_500_000
"""Letters that all runs in detail may take on a page."""
KEPT = 300
"""Iterations of a run up to which all weights are read; of more, as many evenly spread ones."""
THINNED = (1, 4, 16, KEPT)
"""Of the weights that were read, every how many are in a page, until there is room."""
NAMED = 5
"""Iterations that are named one by one."""
MAPPED = 6000
"""Connections up to which a projection's weights are drawn one by one."""
DRAWN = 8000
"""Spikes of an image up to which those of the inputs are drawn."""
BINS = 41


@dataclass(frozen=True)
class Run:
    """Results of a run.

    Attributes:
        number: of the run.
        loop: its loop.csv.
        mapping: its placed network.
        calibration: of its part of the wafer.
        evaluations: by state, as far as there are any.
        codes: weights as written [pre, post] per projection, by the number of updates, as far as
            they were kept.
        unread: iterations after which they should have been, but for a file that is missing or
            damaged.
    """

    number: int
    loop: "DataFrame"
    mapping: Mapping
    calibration: Calibration
    evaluations: dict[str, Evaluation]
    codes: dict[int, Codes]
    unread: tuple[int, ...] = ()


def spread(last: int) -> list[int]:
    """Iterations of which weights are read: all, or evenly spread ones, with the first and last.

    Args:
        last: iteration of the loop.
    """
    return np.unique(np.linspace(0, last, min(last + 1, KEPT)).round().astype(int)).tolist()


def order(accuracies: list[float]) -> list[int]:
    """Runs in the order in which they are shown in detail, as long as there is room.

    The one in the middle, the lowest, the highest; then as they are numbered.

    Args:
        accuracies: of every run, after the loop.
    """
    ranks = np.argsort(accuracies, kind="stable").tolist()
    chosen = (ranks[(len(ranks) - 1) // 2], ranks[0], ranks[-1], *range(len(ranks)))
    return list(dict.fromkeys(chosen))


def packed_within(
    load: Callable[[int], Run], accuracies: list[float], context: Context, budget: int = BUDGET
) -> dict[int, str]:
    """Details of as many runs as there is room for.

    If there is too little for the first, it comes with fewer weights, then without spikes.

    Args:
        load: results of a run, by its number.
        accuracies: of every run, after the loop.
        context: settings.
        budget: letters that they may take together.

    Returns:
        Text of :func:`packed` by the number of the run, in ascending order; none if there is no
        room for any.
    """
    found: dict[int, str] = {}
    for number in order(accuracies):
        run = load(number)
        text = packed(detail(run, context))
        room = budget - sum(map(len, found.values()))
        if len(text) > room:
            if not found:
                return _shortened(run, context, room)
            break
        found[number] = text
    return dict(sorted(found.items()))


def _shortened(run: Run, context: Context, room: int) -> dict[int, str]:
    """The longest detail of a run that there is room for, by its number, if there is one."""
    known = sorted(run.codes)
    for spikes in (True, False):
        for every in THINNED:
            kept = {*known[::every], known[-1]}
            codes = {iteration: run.codes[iteration] for iteration in sorted(kept)}
            text = packed(detail(replace(run, codes=codes), context, spikes))
            if len(text) <= room:
                return {run.number: text}
    return {}


def packed(content: dict[str, Any]) -> str:
    """JSON, compressed, as letters that may stand in a page; the same content, the same letters."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def shared(network: Network, largest: int) -> dict[str, Any]:
    """What all runs of an experiment have in common.

    Args:
        network: that they train.
        largest: code of a weight.
    """
    return {
        "states": STATES,
        "populations": [
            {"name": named(p.name), "first": first, "size": p.size, "input": p.role == "input"}
            for p, first in zip(_stacked(network), _firsts(network), strict=True)
        ],
        "projections": [
            {
                "name": f"{named(p.pre)} to {named(p.post)}",
                "shape": network.shape(p),
                "mapped": mapped(network, n),
            }
            for n, p in enumerate(network.projections)
        ],
        "largest": largest,
        "wafer": [
            {"hicann": place.enum, "x": place.x, "y": place.y, "reticle": place.dnc.enum}
            for place in map(HICANNOnWafer, range(geometry.HICANNS))
        ],
    }


def named(name: str) -> str:
    """Name of a population as people read it."""
    return name.replace("_", " ")


def _stacked(network: Network) -> list[Any]:
    """Populations from the bottom of a raster to its top."""
    return [*network.inputs, *network.neural]


def _firsts(network: Network) -> list[int]:
    sizes = [population.size for population in _stacked(network)]
    return np.cumsum([0, *sizes])[:-1].tolist()


def mapped(network: Network, projection: int) -> bool:
    """Whether the weights of a projection are drawn one by one."""
    pre, post = network.shapes[projection]
    return pre * post <= MAPPED


def detail(run: Run, context: Context, spikes: bool = True) -> dict[str, Any]:
    """All that the page shows of a run, fit for JSON.

    Args:
        run: its results.
        context: settings.
        spikes: whether they are told one by one.
    """
    network = context.network
    return {
        "run": run.number,
        "notes": _notes(run, spikes),
        "loop": _loop(run.loop),
        "activity": list(_activity(run.loop, network)),
        "weights": _weights(run.codes, network, context),
        "hicanns": _hicanns(run, context),
        "neurons": list(_neurons(run)),
        "calibration": _calibration(run.calibration),
        "circuits": {
            "usable": int(run.calibration.usable.sum()),
            "all": len(run.calibration.usable),
        },
        "spikes": {
            state: _spikes(evaluation, network, len(context.settings.dataset.classes), spikes)
            for state, evaluation in run.evaluations.items()
        },
    }


def _notes(run: Run, spikes: bool) -> list[str]:
    """What the page does not have of a run, in sentences."""
    notes = []
    last = max(run.codes)
    if len(run.codes) <= last:
        notes.append(
            f"Of the weights after iterations 0 to {last}, those after {len(run.codes)} iterations "
            "are in this page."
        )
    if run.unread:
        more = ", ..." if len(run.unread) > NAMED else ""
        notes.append(
            f"Weights after iteration {', '.join(map(str, run.unread[:NAMED]))}{more} are missing "
            f"({len(run.unread)} in all): their files are not there or damaged."
        )
    if not spikes:
        notes.append("Spikes are too many for this page.")
    return notes


def _known(values: dict[str, Any]) -> dict[str, Any]:
    """Values that there are: JSON has no NaN."""
    return {key: value for key, value in values.items() if value == value}


def _loop(loop: "DataFrame") -> list[dict[str, Any]]:
    """Rows of loop.csv that are told of the whole network."""
    columns = [
        name
        for name in ("batch_accuracy", "test_accuracy", "loss", "weights_changed")
        if name in loop
    ]
    return [
        {"iteration": int(row["iteration"]), **_known({name: row[name] for name in columns})}
        for row in loop.to_dict("records")
    ]


def _activity(loop: "DataFrame", network: Network) -> Iterator[dict[str, Any]]:
    """What loop.csv tells of each population of neurons, iteration by iteration."""
    for row in loop.to_dict("records"):
        for number, population in enumerate(network.neural, 1):
            told = {
                name: row.get(f"{name}_{number}", np.nan)
                for name in ("spikes", "silent", "saturated")
            }
            known = _known(told)
            if known:
                yield {
                    "iteration": int(row["iteration"]),
                    "population": named(population.name),
                    **known,
                }


def _weights(codes: dict[int, Codes], network: Network, context: Context) -> dict[str, Any]:
    """Codes of every iteration that are known.

    Those of small projections as int8 in base 64: the first as they are, [pre, post], all others as
    differences to those before. Of all projections how many synapses have which code.
    """
    largest = datasheet.weight_max(context.settings.substrate.weight_bits)
    iterations = sorted(codes)
    steps: list[str | None] = []
    counts = []
    for number, projection in enumerate(network.projections):
        there = connected(projection, network.shape(projection))
        each = [codes[iteration][number] for iteration in iterations]
        counts.append(
            [
                np.bincount(one[there].astype(int) + largest, minlength=2 * largest + 1).tolist()
                for one in each
            ]
        )
        if mapped(network, number):
            changes = [each[0], *(after - before for before, after in pairwise(each))]
            content = np.stack(changes).astype(np.int8).tobytes()
            steps.append(base64.b64encode(content).decode())
        else:
            steps.append(None)
    return {"iterations": iterations, "steps": steps, "counts": counts}


def _hicanns(run: Run, context: Context) -> list[dict[str, Any]]:
    """What the run has on each HICANN of its part of the wafer."""
    from waferloop.figures import wafer

    of_run = wafer.of_run(run.number, run.mapping.placement, run.calibration).fillna(0).astype(int)
    found, rows = [], cast(list[dict[str, Any]], of_run.to_dict("records"))
    for hicann, row in zip(of_run.index.tolist(), rows, strict=True):
        place = HICANNOnWafer(hicann)
        kind = "neurons" if row["neurons"] else "inputs" if row["inputs"] else "spare"
        position = {"hicann": place.enum, "x": place.x, "y": place.y, "reticle": place.dnc.enum}
        found.append({**position, "kind": kind, **row})
    return found


def _neurons(run: Run) -> Iterator[dict[str, Any]]:
    """Where each neuron is, and how much it fires for the images of the test set."""
    placement = run.mapping.placement
    names = [named(population.name) for population in placement.network.neural]
    means = {state: evaluation.counts.mean(axis=0) for state, evaluation in run.evaluations.items()}
    for number, row in enumerate(placing.rows(placement)):
        columns = geometry.column_of(placement.denmems[number])
        yield {
            "population": names[int(row["layer"]) - 1],
            "neuron": row["neuron"],
            "hicann": row["hicann"],
            "from": int(columns.min()),
            "to": int(columns.max()) + 1,
            "synapses": row["synapses"],
            "lost": row["synapses_lost"],
            **{state: round(float(mean[number]), 2) for state, mean in means.items()},
        }


def _calibration(found: Calibration) -> list[dict[str, Any]]:
    """Measured minus target, before and after: a histogram of each parameter that was measured."""
    told = []
    for parameter in PARAMETERS:
        before, after = (
            errors[parameter.name] * parameter.factor
            for errors in (found.error_before, found.error_after)
        )
        before, after = before[~np.isnan(before)], after[~np.isnan(after)]
        if not len(before) or not len(after):
            continue
        spreads = calibrating.spread(before), calibrating.spread(after)
        edges = np.linspace(-1, 1, BINS + 1) * 3.5 * max(*spreads, 1e-9)
        told.append(
            {
                "name": parameter.name,
                "pynn": parameter.pynn,
                "unit": parameter.unit,
                "before": float(f"{spreads[0]:.3g}"),
                "after": float(f"{spreads[1]:.3g}"),
                "edges": [float(f"{edge:.4g}") for edge in edges],
                "counts": [np.histogram(values, edges)[0].tolist() for values in (before, after)],
            }
        )
    return told


def _spikes(evaluation: Evaluation, network: Network, classes: int, drawn: bool) -> dict[str, Any]:
    """Spikes for the sample images: of each, times in 0.1 ms and units as they are stacked."""
    images = []
    for number in range(classes):
        sent, recorded = (
            (trains.times[part], trains.addresses[part])
            for trains in (evaluation.sent, evaluation.recorded)
            for part in [slice(trains.indptr[number], trains.indptr[number + 1])]
        )
        trains = [recorded]
        units = [recorded[1].astype(int) + network.sources]
        with_inputs = len(sent[0]) + len(recorded[0]) <= DRAWN
        if with_inputs:
            trains.insert(0, sent)
            units.insert(0, sent[1].astype(int))
        times = np.concatenate([times for times, _ in trains])
        images.append(
            {
                "times": np.round(10 * times).astype(int).tolist() if drawn else [],
                "units": np.concatenate(units).tolist() if drawn else [],
                "inputs": with_inputs,
                "drawn": drawn,
                "decision": int(evaluation.decision[evaluation.images[number]]),
            }
        )
    return {"accuracy": evaluation.accuracy, "images": images}

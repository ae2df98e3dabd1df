"""What a configuration would do, before anything is run: in words, for the command line."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from waferloop import backends, datasets, exchange
from waferloop.chip import geometry
from waferloop.experiment import amounts, config, files, layers, plan
from waferloop.experiment.rig import Answering, Rig, needs_calibration
from waferloop.mapping import Mapping
from waferloop.network import Network
from waferloop.settings import Experiment

BUNDLED = Path(__file__).parents[3] / "resources/mnist"
"""Data of a checkout."""


def checked(paths: Sequence[Path]) -> str:
    """That configuration files hold, one on the other, and what would be run.

    Raises:
        UserError: they do not, or the data cannot be used.
    """
    found = plan.planned(layers.layered(paths))
    for one in found.experiments.values():
        # an installed package has no data of its own
        if BUNDLED.exists() or one.dataset.source != "mnist":
            data = datasets.files(one.dataset.source, BUNDLED)
            amounts.check(one, datasets.check(one.dataset, data))
    variants = f"; {len(found.variants)} variants (target sweep)" if found.variants else ""
    lines = [f"{' '.join(map(str, paths))}: holds{variants}", *_told(found.experiment)]
    for one in found.variants:
        needed = plan.jobs(one, variant=True)
        lines.append(f"  {one.experiment}: {_runs(one)}, about {needed} jobs, less shared")
    return "\n".join(lines)


def _told(one: Experiment) -> list[str]:
    network, rig, data = exchange.configured(one), Rig(one), one.dataset
    size = f"{data.inputs} values" if data.inputs else f"{data.pixels}x{data.pixels} pixels"
    classes = ", ".join(map(str, data.classes))
    backend = f"{one.substrate.backend} ({backends.traits(one.substrate).name})"
    measured = "calibrated" if needs_calibration(one) else "not calibrated"
    hicanns = f"{len(rig.hicanns)} HICANNs for neurons, {len(rig.input_hicanns)} for inputs"
    times = f"{one.loop.updates} x " if one.loop.updates > 1 else ""
    done = Path(files.path("summary", one.experiment)).exists()
    state = "of an earlier run there" if done else "not there yet"
    told = {
        "runs": f"{_runs(one)}, about {plan.jobs(one)} jobs",
        "data": f"{data.source}, {size}, classes {classes}",
        "network": f"{_sizes(network)}, {network.synapses} synapses",
        "software": f"{one.software.steps} steps" if not one.software.start
        else f"weights of {one.software.start}",
        "substrate": f"{backend}, {measured}; a run takes {hicanns}",
        "loop": f"{one.loop.iterations} iterations of {times}{one.loop.batch} images, "
        f"{one.loop.optimiser}, gradient {one.loop.gradient}",
        "results": f"{files.RESULTS}/{one.experiment} ({state})",
    }  # fmt: skip
    return [f"  {name:10}{text}" for name, text in told.items()]


def _runs(one: Experiment) -> str:
    return f"{one.runs} run{'s' * (one.runs != 1)} of {one.loop.iterations} iterations"


def _sizes(network: Network) -> str:
    return "-".join(str(population.size) for population in network.populations)


def placed(paths: Sequence[Path]) -> str:
    """Where a network would be on a wafer without defects.

    Args:
        paths: configuration files, or a NIR file.

    Raises:
        UserError: a file cannot be used, or the network does not fit.
    """
    if len(paths) == 1 and paths[0].suffix == ".nir":
        from waferloop.exchange import nir

        rig = Rig(config.configure(), structure=nir.load(paths[0]).network)
    else:
        rig = Rig(plan.planned(layers.layered(paths)).experiment)
    whole = rig.place(answering=Answering(rig.input_hicanns))
    ending = "as if every circuit worked; a run goes around those that its calibration finds bad"
    return f"wafer {rig.wafer}, {ending}\n{where(whole)}"


def where(found: Mapping) -> str:
    """HICANNs of a placed network, and the synapses that are lost, by what there is too little of.

    Args:
        found: the placed network.
    """
    placement = found.placement
    network, denmems = placement.network, placement.denmems
    on = geometry.hicann_of(denmems[:, 0])
    lines = [f"{_sizes(network)}: {placement.neurons} neurons of {denmems.shape[1]} circuits"]
    for hicann in np.unique(on).tolist():
        held = [
            f"{count} of {population.name}"
            for population in network.neural
            if (count := int((on[network.units(population.name)] == hicann).sum()))
        ]
        share = (on == hicann).sum() * denmems.shape[1] / geometry.DENMEMS_PER_HICANN
        lines.append(
            f"  HICANN {hicann:3}  {', '.join(held)} ({100 * share:.0f} % of its circuits)"
        )
    for hicann, count in sorted(Counter(placement.links.tolist()).items()):
        lines.append(f"  HICANN {hicann:3}  takes {count} inputs")
    lost = sum(loss.synapses for loss in found.losses)
    lines.append(
        f"{network.synapses} synapses, {lost} lost ({100 * lost / network.synapses:.1f} %)"
    )
    causes: Counter[tuple[int, str]] = Counter()
    for loss in found.losses:
        causes[loss.projection, loss.resource] += loss.synapses
    for (number, resource), count in sorted(causes.items()):
        projection = network.projections[number]
        lines.append(f"  {count} from {projection.pre} to {projection.post}: too few {resource}")
    return "\n".join(lines)

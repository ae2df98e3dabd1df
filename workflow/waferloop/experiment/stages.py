"""Which stage depends on what: the only table of it.

Rules make a file again when its identity changes, jobs refuse files of another identity, and
experiments share what has the same one. An identity is a hash of the sections of the configuration
that a stage reads, the source code that it runs, the data, and the identities of the stages whose
files it reads.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from waferloop import datasets, exchange, registry, settings
from waferloop.experiment import config as configuration
from waferloop.experiment import source, store
from waferloop.settings import Experiment

Identities = dict[str, str]
"""Identity by stage."""


@dataclass(frozen=True)
class Stage:
    """A step of the workflow.

    Attributes:
        sections: of the configuration, or dotted keys of them, that its jobs read; all read the
            seed.
        after: stages whose files its jobs read.
        but: dotted keys in those sections on which its content does not depend.
        code: modules and packages below ``waferloop`` that its jobs run, with all that these
            import. What a setting names (an encoder, a rule of learning) comes on its own.
    """

    sections: tuple[str, ...]
    after: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    code: tuple[str, ...] = ()


RIG = "experiment.rig"
"""Calls what a stage runs."""
WAFER = ("wafer", "backends", RIG)
"""Code of all that a substrate does."""
# kernels give the same bits
KERNEL = ("substrate.kernel",)
# calibration has weights of its own, see Rig._bench
HOST = (*KERNEL, "substrate.weight_bits")
REGION = ("dataset.classes", "dataset.pixels", "dataset.inputs", "dataset.copies", "network")
"""Sections that decide which part of the wafer a run has."""

STAGES = {
    "dataset": Stage(("dataset",), code=("datasets",)),
    "software": Stage(
        ("dataset", "network", "software"), ("dataset",), code=(RIG, "learning.software")
    ),
    "answering": Stage(("substrate",), but=HOST, code=(*WAFER, "calibration")),
    "calibrate_hicann": Stage(
        ("substrate", "calibration.repeats", "conversion.v_gmax"),
        but=HOST,
        code=(*WAFER, "calibration", "conversion.gains"),
    ),
    "calibration": Stage(
        (*REGION, "substrate", "calibration", "mapping"),
        ("calibrate_hicann",),
        HOST,
        (RIG, "calibration", "mapping"),
    ),
    "mapping": Stage(
        (*REGION, "substrate", "mapping"), ("answering", "calibration"), HOST, (RIG, "mapping")
    ),
    "conversion": Stage(
        (*REGION, "encoding", "substrate", "conversion"),
        ("dataset", "software", "calibration", "mapping"),
        KERNEL,
        (*WAFER, "calibration", "conversion", "learning.presenter"),
    ),
    "activation": Stage(
        (*REGION, "substrate"),
        ("calibration", "mapping", "conversion"),
        KERNEL,
        (*WAFER, "analysis.activation"),
    ),
    "traces": Stage(
        (*REGION, "substrate"),
        ("calibration", "mapping", "conversion"),
        KERNEL,
        (*WAFER, "analysis.traces"),
    ),
    "evaluation": Stage(
        (*REGION, "encoding", "substrate"),
        ("dataset", "software", "mapping", "conversion"),
        KERNEL,
        (*WAFER, "learning.evaluation"),
    ),
    "loop": Stage(
        (*REGION, "encoding", "substrate", "loop", "calibration", "mapping", "conversion"),
        ("dataset", "software", "calibrate_hicann", "mapping", "conversion"),
        # more iterations than before must not redo those that exist
        (*KERNEL, "loop.iterations", "loop.iterations_per_job"),
        (*WAFER, "calibration", "mapping", "conversion", "learning.loop"),
    ),
    "final": Stage(
        (*REGION, "encoding", "substrate", "loop.iterations"),
        ("dataset", "mapping", "conversion", "loop"),
        KERNEL,
        (*WAFER, "learning.evaluation"),
    ),
    "finite_differences": Stage(
        (*REGION, "finite_differences.images", "finite_differences.step"),
        ("dataset", "mapping", "conversion", "loop"),
        code=(*WAFER, "analysis.finite_differences"),
    ),
    "estimates": Stage(
        (*REGION, "sweep.parameters"),
        ("dataset", "mapping", "conversion", "loop"),
        code=(*WAFER, "analysis.finite_differences", "learning.rules"),
    ),
    "loop_table": Stage(
        ("loop.iterations",), ("loop", "evaluation", "final"), code=("learning.loop",)
    ),
    "summary": Stage(
        ("experiment", "runs", "loop", "encoding"),
        ("dataset", "software", "mapping", "evaluation", "final", "loop_table"),
        ("loop.iterations_per_job",),
        ("experiment.summary", "analysis.timing", "conversion"),
    ),
}

SHARED = (
    "dataset", "software", "answering", "calibrate_hicann", "calibration", "mapping", "conversion",
    "activation", "traces", "evaluation",
)  # fmt: skip
"""Stages whose files experiments share: what comes later is each experiment's own."""


def needs(whole: dict[str, Any], stage: str) -> dict[str, Any]:
    """The part of the configuration that a stage's content depends on."""
    found: dict[str, Any] = {"seed": whole["seed"]}
    for name in STAGES[stage].sections:
        section, _, key = name.partition(".")
        found[section] = (
            {**found.get(section, {}), key: whole[section][key]} if key else whole[section]
        )
    for name in STAGES[stage].but:
        section, _, key = name.partition(".")
        # a rate that falls to the last iteration depends on which that is
        if name == "loop.iterations" and whole["loop"]["schedule"] != "constant":
            continue
        found[section] = {k: v for k, v in found[section].items() if k != key}
    if found.get("dataset", {}).get("source", "mnist") not in datasets.SOURCES:
        # the content of files counts, wherever they lie
        found["dataset"] = {**found["dataset"], "source": ""}
    if "network" in found:
        # its content counts: see _given
        found["network"] = {k: v for k, v in found["network"].items() if k != "source"}
    return found


def _given(experiment: Experiment) -> dict[str, str]:
    """Hash of what a file of ``network.source`` gives to each stage: structure, or weights too."""
    model = exchange.model(experiment)
    if model is None:
        return {}
    network = store.content_hash(store.flatten(model.network))
    given = {name: network for name, stage in STAGES.items() if "network" in stage.sections}
    return given | {"software": store.content_hash(store.flatten(model))}


@lru_cache(maxsize=100_000)
def _own(part: str, stage: str, chosen: tuple[str, ...]) -> str:
    own = tuple(f"{source.PACKAGE}.{name}" for name in STAGES[stage].code)
    return configuration.fingerprint([part, source.fingerprint((*own, *chosen))])


def identities(experiment: Experiment, data: dict[str, str]) -> Identities:
    """Identity of every stage.

    Args:
        experiment: complete settings.
        data: hash of the files from outside that a stage reads, by stage.

    Raises:
        UserError: a module that a registry names is not found.
    """
    found: Identities = {}
    whole, given = settings.as_dict(experiment), _given(experiment)
    for name, stage in STAGES.items():
        part = needs(whole, name)
        own = _own(json.dumps(part, sort_keys=True), name, chosen(part))
        before = [found[other] for other in stage.after]
        # files in another version of the format are made again
        read = [data.get(name, ""), *filter(None, [given.get(name)])]
        found[name] = configuration.fingerprint([store.FORMAT, own, *read, *before])
    return found


def chosen(part: dict[str, Any]) -> tuple[str, ...]:
    """Modules that the settings of a part name by their registries, of this package or not."""
    found = []
    for key, registered in configuration.registries().items():
        value: Any = part
        for name in key.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        # a registry of names alone has no modules to tell
        named = registry.reference(registered, value) if isinstance(value, str) else ""
        if named:
            found.append(named.partition(":")[0])
    return tuple(found)

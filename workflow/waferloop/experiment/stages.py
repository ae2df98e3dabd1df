"""What each stage of the workflow depends on: experiments that agree in all of it can share it.

What comes later, the loop and what is drawn and told of it, is each experiment's own.
"""

from dataclasses import dataclass
from typing import Any

from waferloop.experiment.config import fingerprint

Config = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """A step that is made from the configuration and from the stages before it.

    Attributes:
        sections: of the configuration, or dotted keys of them, that its jobs read; all read the
            seed.
        after: stages whose files its jobs read.
        but: dotted keys in those sections on which its jobs do not depend.
    """

    sections: tuple[str, ...]
    after: tuple[str, ...] = ()
    but: tuple[str, ...] = ()


# calibration has weights of its own, see experiment.bench_connection
_BITS = ("substrate.weight_bits",)

STAGES = {
    "dataset": Stage(("dataset",)),
    "software": Stage(("dataset", "network", "software"), ("dataset",)),
    "answering": Stage(("substrate",), but=_BITS),
    "calibrate_hicann": Stage(("substrate", "calibration.repeats", "conversion.v_gmax"), but=_BITS),
    "calibration": Stage(
        ("dataset", "network", "substrate", "calibration", "mapping"), ("calibrate_hicann",), _BITS
    ),
    "mapping": Stage(
        ("dataset", "network", "substrate", "mapping"), ("answering", "calibration"), _BITS
    ),
    "conversion": Stage(
        ("dataset", "network", "encoding", "substrate", "conversion"),
        ("dataset", "software", "calibration", "mapping"),
    ),
    "activation": Stage(
        ("dataset", "network", "substrate"), ("calibration", "mapping", "conversion")
    ),
    "traces": Stage(("dataset", "network", "substrate"), ("calibration", "mapping", "conversion")),
    "evaluation": Stage(
        ("dataset", "network", "encoding", "substrate"),
        ("dataset", "software", "mapping", "conversion"),
    ),
}


def part(config: Config, *names: str) -> Config:
    """The seed and the named sections, or only the named keys of them (``section.key``)."""
    found = {"seed": config["seed"]}
    for name in names:
        section, _, key = name.partition(".")
        whole = config[section]
        found[section] = {**found.get(section, {}), key: whole[key]} if key else whole
    return found


def needs(config: Config, stage: str) -> Config:
    """The part of the configuration that a stage's own jobs read."""
    found = part(config, *STAGES[stage].sections)
    for name in STAGES[stage].but:
        section, _, key = name.partition(".")
        found[section] = {k: v for k, v in found[section].items() if k != key}
    return found


def identity(config: Config, stage: str) -> str:
    """Hash of all that a stage depends on, the stages before it included."""
    before = [identity(config, name) for name in STAGES[stage].after]
    return fingerprint([needs(config, stage), *before])

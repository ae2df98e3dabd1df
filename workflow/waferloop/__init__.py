"""Deep spiking networks trained in the loop on an emulated analog wafer.

Public names are imported when they are first used, so that ``import waferloop`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from waferloop.calibration import Calibration as Calibration
    from waferloop.calibration import codes_for as codes_for
    from waferloop.conversion import imported as imported
    from waferloop.datasets import Dataset as Dataset
    from waferloop.errors import UserError as UserError
    from waferloop.experiment.config import configure as configure
    from waferloop.experiment.exported import load_spikes as load_spikes
    from waferloop.experiment.reading import load as load
    from waferloop.experiment.rig import Rig as Rig
    from waferloop.learning.checkpoint import Checkpoint as Checkpoint
    from waferloop.learning.evaluation import Evaluation as Evaluation
    from waferloop.learning.presenter import Presenter as Presenter
    from waferloop.mapping import Mapping as Mapping
    from waferloop.network import Network as Network
    from waferloop.network import Population as Population
    from waferloop.network import Projection as Projection
    from waferloop.settings import Experiment as Experiment
    from waferloop.substrate import NeuronCodes as NeuronCodes
    from waferloop.substrate import Placement as Placement
    from waferloop.substrate import Recording as Recording
    from waferloop.substrate import SpikeTrains as SpikeTrains
    from waferloop.substrate import Substrate as Substrate
    from waferloop.substrate import Trace as Trace

PUBLIC = {
    "calibration": ("Calibration", "codes_for"),
    "conversion": ("imported",),
    "datasets": ("Dataset",),
    "errors": ("UserError",),
    "experiment.config": ("configure",),
    "experiment.exported": ("load_spikes",),
    "experiment.reading": ("load",),
    "experiment.rig": ("Rig",),
    "learning.checkpoint": ("Checkpoint",),
    "learning.evaluation": ("Evaluation",),
    "learning.presenter": ("Presenter",),
    "mapping": ("Mapping",),
    "network": ("Network", "Population", "Projection"),
    "settings": ("Experiment",),
    "substrate": (
        "NeuronCodes", "Placement", "Recording", "SpikeTrains", "Substrate", "Trace",
    ),
}  # fmt: skip
"""Public names by the module that holds them."""
_MODULES = {name: module for module, names in PUBLIC.items() for name in names}
__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'waferloop' has no attribute {name!r}")
    return getattr(import_module(f"waferloop.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__

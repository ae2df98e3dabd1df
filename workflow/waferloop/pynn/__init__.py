"""PyNN on the emulated wafer: ``import waferloop.pynn as sim`` (PyNN 0.13).

What the wafer cannot do as a script asks is told once and collected in :func:`report`; what it does
not have at all is refused by name.
"""

from typing import Any, NoReturn

try:
    import pyNN
except ImportError as error:
    raise ImportError(
        f"waferloop.pynn needs PyNN 0.13 ({error}); install it: make pynn or pip install '.[pynn]'"
    ) from error

from pyNN import errors, random, space
from pyNN.connectors import (
    AllToAllConnector,
    ArrayConnector,
    CloneConnector,
    DistanceDependentProbabilityConnector,
    FixedNumberPostConnector,
    FixedNumberPreConnector,
    FixedProbabilityConnector,
    FixedTotalNumberConnector,
    FromFileConnector,
    FromListConnector,
    IndexBasedProbabilityConnector,
    OneToOneConnector,
)
from pyNN.network import Network
from pyNN.random import NumpyRNG, RandomDistribution
from pyNN.space import Space

from waferloop.errors import UserError
from waferloop.pynn.celltypes import (
    IF_cond_exp,
    SpikeSourceArray,
    SpikeSourcePoisson,
    StaticSynapse,
)
from waferloop.pynn.control import (
    connect,
    create,
    end,
    get_current_time,
    get_max_delay,
    get_min_delay,
    get_time_step,
    initialize,
    num_processes,
    rank,
    record,
    report,
    reset,
    run,
    run_for,
    run_until,
    set,
    setup,
)
from waferloop.pynn.populations import Assembly, Population, PopulationView
from waferloop.pynn.projections import Projection
from waferloop.pynn.simulator import WaferWarning

__all__ = [
    "AllToAllConnector", "ArrayConnector", "Assembly", "CloneConnector",
    "DistanceDependentProbabilityConnector", "FixedNumberPostConnector", "FixedNumberPreConnector",
    "FixedProbabilityConnector", "FixedTotalNumberConnector", "FromFileConnector",
    "FromListConnector", "IF_cond_exp", "IndexBasedProbabilityConnector", "Network", "NumpyRNG",
    "OneToOneConnector", "Population", "PopulationView", "Projection", "RandomDistribution",
    "Space", "SpikeSourceArray", "SpikeSourcePoisson", "StaticSynapse", "WaferWarning", "connect",
    "create", "end", "errors", "get_current_time", "get_max_delay", "get_min_delay",
    "get_time_step", "initialize", "list_standard_models", "num_processes", "random", "rank",
    "record", "report", "reset", "run", "run_for", "run_until", "set", "setup", "space",
]  # fmt: skip


class NotOnTheWafer(UserError, AttributeError):
    """Something of PyNN that the wafer does not have."""


def list_standard_models() -> list[str]:
    """Cells that the wafer has."""
    return [kind.__name__ for kind in (IF_cond_exp, SpikeSourcePoisson, SpikeSourceArray)]


def __getattr__(name: str) -> NoReturn:
    """Refuse what PyNN has and the wafer has not.

    Raises:
        NotOnTheWafer: cells, synapses, sources of current or connectors.
        AttributeError: PyNN has nothing of that name either.
    """
    from pyNN import connectors
    from pyNN.standardmodels import cells, electrodes, synapses

    kinds: dict[str, Any] = {
        "cells": cells, "synapses": synapses, "current injection": electrodes,
        "connectors": connectors,
    }  # fmt: skip
    for kind, module in kinds.items():
        if isinstance(getattr(module, name, None), type):
            raise NotOnTheWafer(
                f"{name}: the wafer does not have it ({kind}); it has "
                f"{', '.join(list_standard_models())} and StaticSynapse"
            )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r} (PyNN {pyNN.__version__})")

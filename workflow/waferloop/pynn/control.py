"""Setting up, running and ending: PyNN's procedures."""

from dataclasses import replace
from typing import Any

from pyNN import common
from pyNN.common.control import DEFAULT_MAX_DELAY, DEFAULT_MIN_DELAY, DEFAULT_TIMESTEP
from pyNN.connectors import FixedProbabilityConnector
from pyNN.recording import get_io

from waferloop.chip import geometry
from waferloop.errors import UserError
from waferloop.pynn import simulator
from waferloop.pynn.board import Setup
from waferloop.pynn.celltypes import StaticSynapse
from waferloop.pynn.populations import Population
from waferloop.pynn.projections import Projection
from waferloop.settings import Defects, Links, Substrate, Variation, limits


def setup(
    timestep: float = DEFAULT_TIMESTEP, min_delay: Any = DEFAULT_MIN_DELAY, **extra_params: Any
) -> int:
    """Begin anew.

    Args:
        timestep: ms.
        min_delay: checked only; delays are the wafer's.
        extra_params: ``wafer`` (its number), ``calibrate`` (measure the circuits before use),
            ``variation`` (a factor on all imperfections of circuits, or
            ``waferloop.settings.Variation``), ``defects``, ``links`` (of ``waferloop.settings``),
            ``denmems_per_neuron``, ``seed``, ``threads``. Those of other simulators are ignored.

    Raises:
        UserError: a value is none that there can be.
    """
    given = dict(extra_params)
    common.setup(timestep, min_delay, **extra_params)
    plain = Setup(Substrate())
    section = replace(
        plain.section,
        dt=_number("timestep", timestep, limits.TIME_STEP, 1),
        wafer=_whole("wafer", given.pop("wafer", plain.section.wafer), 0, limits.WAFER),
        denmems_per_neuron=_whole("denmems_per_neuron", given.pop("denmems_per_neuron", 4), 2, 64),
        variation=_variation(given.pop("variation", 1.0)),
        defects=_of_type("defects", given.pop("defects", Defects()), Defects),
        links=_of_type("links", given.pop("links", Links()), Links),
    )
    if section.denmems_per_neuron not in geometry.LEGAL_NEURON_SIZES:
        raise UserError(f"setup: denmems_per_neuron = {section.denmems_per_neuron} has to be even")
    chosen = Setup(
        section,
        calibrate=bool(given.pop("calibrate", plain.calibrate)),
        seed=_whole("seed", given.pop("seed", plain.seed), 0, 2**63 - 1),
        threads=_whole("threads", given.pop("threads", plain.threads), 1, 1024),
    )
    state = simulator.state
    state.clear()
    state.setup, state.dt, state.min_delay = chosen, float(timestep), min_delay
    state.max_delay = given.pop("max_delay", DEFAULT_MAX_DELAY)
    return 0


def _number(key: str, value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise UserError(f"setup: {key} = {value!r} has to be a number from {low:g} to {high:g}")
    return float(value)


def _whole(key: str, value: Any, low: int, high: int) -> int:
    if int(_number(key, value, low, high)) != value:
        raise UserError(f"setup: {key} = {value!r} has to be a whole number")
    return int(value)


def _of_type(key: str, value: Any, kind: type[Any]) -> Any:
    if not isinstance(value, kind):
        raise UserError(f"setup: {key} = {value!r} has to be a waferloop.settings.{kind.__name__}")
    return value


def _variation(value: Any) -> Variation:
    if isinstance(value, Variation):
        return value
    return Variation(scale=_number("variation", value, 0, 5))


def end(compatible_output: bool = True) -> None:
    """Write the files that ``record`` was asked for."""
    for population, variables, filename in simulator.state.write_on_end:
        population.write_data(get_io(filename), variables)
    simulator.state.write_on_end = []


def report() -> dict[str, str]:
    """What could not be had as the script asked, by projection, population or action."""
    return dict(simulator.state.report)


run, run_until = common.build_run(simulator)
run_for = run
reset = common.build_reset(simulator)
initialize = common.initialize
(
    get_current_time, get_time_step, get_min_delay, get_max_delay, num_processes, rank
) = common.build_state_queries(simulator)  # fmt: skip
create = common.build_create(Population)
connect = common.build_connect(Projection, FixedProbabilityConnector, StaticSynapse)
record = common.build_record(simulator)
set = common.set

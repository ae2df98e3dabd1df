"""Connections to substrates: the only place that knows which ones exist."""

from typing import Any

from waferloop import experiment
from waferloop.substrate import NeuronCodes, Placement, Substrate


def connect(
    config: dict[str, Any],
    wafer: int,
    placement: Placement,
    write: tuple[int, ...],
    threads: int = 1,
) -> Substrate:
    """Open the configured substrate with a placed network.

    Args:
        config: section ``substrate``, completed.
        wafer: which one.
        placement: circuits in use.
        write: names the coming write of the floating gates.
        threads: for kernels that can use them.
    """
    from waferloop.backends import emulator

    return emulator.connect({**config, "wafer": wafer}, placement, write, threads)


def programmed(
    config: dict[str, Any],
    run: int,
    placement: Placement,
    circuits: NeuronCodes,
    threads: int,
    *,
    uncalibrated: bool = False,
    updates: int = 0,
    iteration: int = 0,
) -> Substrate:
    """Open the substrate of a run and write its floating gates.

    Args:
        config: the experiment's.
        run: number of the run.
        placement: circuits in use.
        circuits: what is written.
        threads: for kernels that can use them.
        uncalibrated: the codes are as documented.
        updates: that the weights have had in the loop.
        iteration: of the loop, for circuits that die meanwhile.
    """
    substrate = connect(
        experiment.substrate(config, iteration),
        experiment.wafer(config, run),
        placement,
        experiment.network_write(config, run, uncalibrated, updates),
        threads,
    )
    substrate.program(circuits)
    return substrate

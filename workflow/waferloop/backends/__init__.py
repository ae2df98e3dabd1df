"""Connections to substrates: the only place that knows which ones exist."""

from typing import Any

from waferloop.experiment import Connection
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
    connection: Connection, placement: Placement, circuits: NeuronCodes, threads: int
) -> Substrate:
    """Open the substrate of a run and write its floating gates.

    Args:
        connection: how.
        placement: circuits in use.
        circuits: what is written.
        threads: for kernels that can use them.
    """
    substrate = connect(connection.section, connection.wafer, placement, connection.write, threads)
    substrate.program(circuits)
    return substrate

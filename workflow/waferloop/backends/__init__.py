"""Connections to substrates: the only place that knows which ones exist."""

from typing import TYPE_CHECKING

from waferloop.substrate import NeuronCodes, Placement, Substrate

if TYPE_CHECKING:
    from waferloop.experiment.rig import Connection


def connect(connection: "Connection", placement: Placement, threads: int = 1) -> Substrate:
    """Open the configured substrate with a placed network.

    Args:
        connection: how.
        placement: circuits in use.
        threads: for kernels that can use them.
    """
    from waferloop.backends import emulator

    return emulator.connect(connection.section, placement, connection.write, threads)


def programmed(
    connection: "Connection", placement: Placement, circuits: NeuronCodes, threads: int
) -> Substrate:
    """Open the substrate and write its floating gates.

    Args:
        connection: how.
        placement: circuits in use.
        circuits: what is written.
        threads: for kernels that can use them.
    """
    substrate = connect(connection, placement, threads)
    substrate.program(circuits)
    return substrate


BACKENDS = {"emulator": "waferloop.backends.emulator"}
"""Backends by the name that ``substrate.backend`` gives them."""

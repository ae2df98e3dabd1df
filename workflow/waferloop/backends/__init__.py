"""Connections to substrates: the only place that knows which ones exist."""

from typing import Any

from waferloop.substrate import Placement, Substrate


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

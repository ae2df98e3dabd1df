"""Connections to substrates: the only place that knows which ones exist."""

from typing import Any

from waferloop import mapping
from waferloop.substrate import Placement, Substrate


def connect(
    config: dict[str, Any],
    run: int,
    region_size: int,
    placement: Placement,
    write: tuple[int, ...],
    threads: int = 1,
) -> Substrate:
    """Open the configured substrate with a placed network.

    Args:
        config: section ``substrate``, completed.
        run: whose region of the wafer.
        region_size: HICANNs per run.
        placement: circuits in use.
        write: names the coming write of the floating gates.
        threads: for kernels that can use them.
    """
    from waferloop.backends import emulator

    further, _ = mapping.region(run, region_size)
    section = {**config, "wafer": config["wafer"] + further}
    return emulator.connect(section, placement, (*write[:-1], run, write[-1]), threads)

"""The emulated wafer as a substrate."""

from importlib.util import find_spec
from typing import Any

from waferloop.substrate import Placement, Substrate
from waferloop.wafer.kernels import numpy as numpy_kernel
from waferloop.wafer.links import Links
from waferloop.wafer.machine import EmulatedWafer, Wafer
from waferloop.wafer.variation import Defects, Variation


def connect(
    config: dict[str, Any], placement: Placement, write: tuple[int, ...], threads: int = 1
) -> Substrate:
    """Open the wafer of a config's ``substrate`` section with a placed network.

    Args:
        config: the section, completed.
        placement: circuits in use.
        write: names the coming write of the floating gates.
        threads: for the compiled kernel.
    """
    wafer = Wafer(
        config["wafer"],
        Variation(**config["variation"]),
        Defects(**config["defects"]),
        Links(**config["links"]),
        config["weight_bits"],
    )
    kernel = numpy_kernel
    if kernel_name(config) == "numba":
        from waferloop.wafer.kernels import numba as kernel  # type: ignore[no-redef]
    return EmulatedWafer(wafer, placement, write, config["dt"], kernel, threads)


def kernel_name(config: dict[str, Any]) -> str:
    """Kernel that ``substrate.kernel`` stands for on this machine."""
    if config["kernel"] != "auto":
        return str(config["kernel"])
    return "numba" if find_spec("numba") else "numpy"


KERNELS = ("auto", "numpy", "numba")
"""Names that ``substrate.kernel`` may give."""

"""The emulated wafer as a substrate."""

from importlib.util import find_spec

from waferloop.settings import Substrate as Settings
from waferloop.substrate import Placement, Substrate
from waferloop.wafer.kernels import numpy as numpy_kernel
from waferloop.wafer.machine import EmulatedWafer, Wafer


def connect(
    section: Settings, placement: Placement, write: tuple[int, ...], threads: int = 1
) -> Substrate:
    """Open the wafer of a config's ``substrate`` section with a placed network.

    Args:
        section: the section.
        placement: circuits in use.
        write: names the coming write of the floating gates.
        threads: for the compiled kernel.
    """
    wafer = Wafer(
        section.wafer, section.variation, section.defects, section.links, section.weight_bits
    )
    kernel = numpy_kernel
    if kernel_name(section) == "numba":
        from waferloop.wafer.kernels import numba as kernel  # type: ignore[no-redef]
    return EmulatedWafer(wafer, placement, write, section.dt, kernel, threads)


def kernel_name(section: Settings) -> str:
    """Kernel that ``substrate.kernel`` stands for on this machine."""
    if section.kernel != "auto":
        return section.kernel
    return "numba" if find_spec("numba") else "numpy"

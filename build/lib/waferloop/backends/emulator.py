"""The emulated wafer as a substrate."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from waferloop import compiled, settings
from waferloop.errors import UserError
from waferloop.substrate import Placement, Substrate, Traits
from waferloop.wafer import kernels
from waferloop.wafer.kernels import Kernel
from waferloop.wafer.machine import EmulatedWafer

if TYPE_CHECKING:
    # they are loaded by name: here the checker sees that they fit
    from waferloop.wafer.kernels import numba, numpy

    _NUMBA: Kernel = numba
    _NUMPY: Kernel = numpy

KERNELS = ("auto", *kernels.names())
"""What ``substrate.kernel`` can be."""


def connect(
    section: settings.Substrate, placement: Placement, write: tuple[int, ...], threads: int
) -> Substrate:
    """Open a wafer with a placed network.

    Args:
        section: ``substrate`` of the settings.
        placement: circuits in use.
        write: names the coming write of the floating gates.
        threads: for kernels that can use them.

    Raises:
        UserError: the configured kernel does not exist, or cannot run here.
    """
    return EmulatedWafer(section, placement, write, kernel(kernel_name(section)), threads)


def traits(section: settings.Substrate) -> Traits:
    """What can be said of a wafer before it is open."""
    return Traits(name=kernel_name(section), calibration=True, weight_bits=section.weight_bits)


def kernel_name(section: settings.Substrate) -> str:
    """Kernel that ``substrate.kernel`` stands for on this machine."""
    if section.kernel != "auto":
        return section.kernel
    return "numba" if compiled.usable() else "numpy"


def kernel(name: str) -> Kernel:
    """The kernel of that name.

    Raises:
        UserError: there is none, or what it needs is missing.
    """
    if name not in KERNELS[1:]:
        raise UserError(
            f"substrate.kernel: {name!r} is not known; choose one of {', '.join(KERNELS)}"
        )
    try:
        return cast(Kernel, import_module(f"{kernels.__name__}.{name}"))
    except ImportError as error:
        raise UserError(
            f"substrate.kernel: {name!r} cannot run here ({error}); provide what it needs, or "
            "choose 'auto', which takes numpy where nothing else can run"
        ) from error

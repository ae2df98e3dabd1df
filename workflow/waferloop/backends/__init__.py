"""Connections to substrates: the only place that knows which ones exist.

Another substrate is a module with what :class:`Backend` says, and a line in ``BACKENDS``. Names
that begin with ``pynn.`` are simulators behind PyNN, whichever there are.
"""

from typing import TYPE_CHECKING, Protocol

from waferloop import registry, settings
from waferloop.substrate import Placement, Substrate, Traits

PYNN = "waferloop.backends.pynn"
BACKENDS = {"emulator": "waferloop.backends.emulator", "pynn.nest": PYNN, "pynn.brian2": PYNN}
"""Substrates by the name that ``substrate.backend`` gives them."""


class Backend(Protocol):
    """What a module of this package does."""

    def connect(
        self,
        section: settings.Substrate,
        placement: Placement,
        write: tuple[int, ...],
        threads: int,
    ) -> Substrate:
        """Open a substrate (see :func:`waferloop.backends.connect`)."""

    def traits(self, section: settings.Substrate) -> Traits:
        """What can be said of it before it is open."""


if TYPE_CHECKING:
    # they are loaded by name: here the checker sees that they fit
    from waferloop.backends import emulator, pynn

    _EMULATOR: Backend = emulator
    _PYNN: Backend = pynn


def connect(
    section: settings.Substrate, placement: Placement, write: tuple[int, ...], threads: int = 1
) -> Substrate:
    """Open the configured substrate with a placed network.

    Args:
        section: ``substrate`` of the settings.
        placement: circuits in use.
        write: names the coming write of the analog parameters: where that differs from one to the
            next, the same name gives the same.
        threads: for those that can use them.

    Raises:
        UserError: no substrate has the name that is configured, or it cannot be had here.
    """
    return _backend(section).connect(section, placement, write, threads)


def traits(section: settings.Substrate) -> Traits:
    """What can be said of the configured substrate before it is open.

    Args:
        section: ``substrate`` of the settings.

    Raises:
        UserError: no substrate has the name that is configured, or it cannot be as configured.
    """
    return _backend(section).traits(section)


def _backend(section: settings.Substrate) -> Backend:
    name = section.backend
    others = {name: PYNN} if name.startswith("pynn.") else {}
    found: Backend = registry.find(BACKENDS | others, name, "substrate.backend")
    return found

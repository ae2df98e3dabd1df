"""Spikes as Neo's blocks, which Elephant and other software for the analysis of spikes take."""

from typing import TYPE_CHECKING, Any

import numpy as np

from waferloop.errors import UserError
from waferloop.network import Network
from waferloop.substrate import SpikeTrains

if TYPE_CHECKING:
    import neo


def block(
    sent: SpikeTrains,
    recorded: SpikeTrains,
    network: Network,
    duration: float,
    presentations: list[dict[str, Any]],
    **about: Any,
) -> "neo.Block":
    """Spikes of some presentations.

    Args:
        sent: of the sources.
        recorded: of the neurons.
        network: whose they are.
        duration: of each presentation (ms).
        presentations: annotations of each.
        about: annotations of the block.

    Returns:
        A segment per presentation with a spike train (ms) per unit, inputs first, named
        ``population unit`` and annotated with both.

    Raises:
        UserError: Neo is not installed.
    """
    try:
        import neo
    except ImportError:
        raise UserError(
            "spikes as blocks need Neo, which is not installed: pip install neo, or make pynn"
        ) from None
    made = neo.Block(**about)
    for number, told in enumerate(presentations):
        segment = neo.Segment(name=f"presentation {number}", index=number, **told)
        for trains, populations in ((sent, network.inputs), (recorded, network.neural)):
            here = slice(trains.indptr[number], trains.indptr[number + 1])
            times, addresses = trains.times[here], trains.addresses[here]
            for population in populations:
                units = network.units(population.name)
                for unit, address in enumerate(range(units.start, units.stop)):
                    train = neo.SpikeTrain(
                        np.sort(times[addresses == address]),
                        units="ms",
                        t_stop=duration,
                        name=f"{population.name} {unit}",
                        population=population.name,
                        unit=unit,
                    )
                    segment.spiketrains.append(train)
        made.segments.append(segment)
    return made

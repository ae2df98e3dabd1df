"""What circuits hold after a write of all analog parameters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waferloop import settings
from waferloop.chip import datasheet, geometry
from waferloop.chip.parameters import INPUT_GAINS, PARAMETERS, V_GMAX, Parameter
from waferloop.errors import UserError
from waferloop.substrate import NeuronCodes, Placement
from waferloop.wafer import floating_gate, neuron, synapse


@dataclass(frozen=True)
class Written:
    """The placed network after a write.

    Attributes:
        neurons: what they are.
        strengths: of the synapses of each projection (:func:`.synapse.strength`).
    """

    neurons: neuron.NeuronTruth
    strengths: list[NDArray[np.float64]]


def written(
    wafer: settings.Substrate,
    placement: Placement,
    circuits: NeuronCodes,
    write: tuple[int, ...],
) -> Written:
    """Write all analog parameters.

    Args:
        wafer: section ``substrate`` of the settings: which one, and how well it was made.
        placement: circuits in use.
        circuits: what is written.
        write: names this write; another one lands elsewhere.

    Raises:
        UserError: codes do not fit the circuits, or differ where they share a floating gate.
    """
    placed = placement.denmems
    block = geometry.fg_block(placed)
    values = {}
    for parameter in PARAMETERS:
        code = circuits.codes.get(parameter.name, np.zeros(0, np.uint16))
        if code.shape != placed.shape or int(code.max(initial=0)) > datasheet.CODE_MAX:
            raise UserError(
                f"{parameter}: codes must have shape {placed.shape} and lie within "
                f"0..{datasheet.CODE_MAX}"
            )
        if parameter.shared:
            _check_shared(parameter, code[:, 0], block[:, 0])
        cell = block if parameter.shared else placed
        values[parameter] = floating_gate.value(
            parameter, code, cell, wafer.variation, wafer.wafer, write
        )
    inputs = np.stack([values[parameter] for parameter in INPUT_GAINS])
    strengths = [
        _strength(number, wafer, placement, circuits, inputs, write)
        for number in range(len(placement.sites))
    ]
    return Written(neuron.join(values), strengths)


def _strength(
    number: int,
    wafer: settings.Substrate,
    placement: Placement,
    circuits: NeuronCodes,
    inputs: NDArray[np.float64],
    write: tuple[int, ...],
) -> NDArray[np.float64]:
    sites, post = placement.sites[number], placement.post(number)
    block = synapse.v_gmax_block(sites)
    blocks = np.arange(block.min(), block.max() + 1)
    rows = []
    for sign, code in enumerate(circuits.v_gmax):
        # each block has four V_gmax; rows of the same sign select the same one
        codes = np.full(len(blocks), code, np.uint16)
        v_gmax = floating_gate.value(
            V_GMAX, codes, 4 * blocks + sign, wafer.variation, wafer.wafer, write
        )[block - blocks[0]]
        rows.append(datasheet.row_gain(v_gmax, circuits.gmax_div[number, sign]))
    fed = geometry.denmem_of(sites)[:, :, None] == placement.denmems[post]
    neuron = np.arange(post.start, post.stop)
    fed_by = inputs[:, neuron, fed.argmax(axis=2)]
    return synapse.strength(
        sites, np.array(rows), fed_by, wafer.variation, wafer.defects, wafer.wafer
    )


def _check_shared(parameter: Parameter, code: NDArray[np.uint16], block: NDArray[np.int64]) -> None:
    for number in np.unique(block):
        if len(np.unique(code[block == number])) > 1:
            raise UserError(
                f"{parameter}: floating-gate block {number} got different codes; its 128 circuits "
                f"share one {parameter}"
            )

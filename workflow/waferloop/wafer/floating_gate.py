"""From the codes that were written to the values that a circuit really has.

Each circuit has its own slightly wrong transfer (fixed pattern), and each write of the floating
gates ends a little elsewhere (trial to trial). Voltages: ``v = v_nominal (1 + slope) + offset +
rewrite``. Times and gains: ``x = x_nominal (x_nominal / x_0)^slope exp(offset + rewrite)`` with
``x_0`` = 10 ms or 1. Rewriting is all that differs from trial to trial; its sizes and those of the
fixed pattern are sourced or named as assumptions in config/README.md.
"""

import numpy as np
from numpy.typing import NDArray

from waferloop.chip import datasheet
from waferloop.settings import Variation
from waferloop.wafer.variation import key, normal


def value(
    parameter: str,
    code: NDArray[np.uint16],
    circuit: NDArray[np.int64],
    variation: Variation,
    wafer: int,
    write: tuple[int, ...],
) -> NDArray[np.float64]:
    """Values on given circuits after a write.

    Args:
        parameter: name of the floating gate.
        code: codes written, any shape.
        circuit: number of the floating-gate cell's circuit (if shared: of the block).
        variation: sizes of the deviations.
        wafer: which wafer.
        write: names this write; another one lands elsewhere.

    Returns:
        Hardware V, biological ms, or gains.
    """
    nominal = datasheet.nominal_value(parameter, code)
    size: float = getattr(variation.fixed_pattern, parameter)
    fixed = normal(key(wafer, "offset", parameter), circuit) * size
    trial = normal(key(wafer, "rewrite", parameter, *write), circuit)
    again: float = getattr(variation.rewrite, parameter)
    deviation = variation.scale * (fixed + trial * again)
    slope = variation.scale * variation.slope * normal(key(wafer, "slope", parameter), circuit)
    if parameter in datasheet.VOLTAGES:
        return nominal * (1 + slope) + deviation * 1e-3
    unit = 10.0 if parameter in datasheet.TIMES else 1.0
    return nominal * np.maximum(nominal / unit, 1e-3) ** slope * np.exp(deviation)

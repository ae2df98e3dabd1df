"""From the codes that were written to the values that a circuit really has.

Each circuit has its own slightly wrong transfer (fixed pattern), and each write of the floating
gates ends a little elsewhere (trial to trial). Voltages: ``v = v_nominal (1 + slope) + offset +
rewrite``. Times and gains: ``x = x_nominal (x_nominal / x_0)^slope exp(offset + rewrite)`` with
``x_0`` = 10 ms or 1. Rewriting is all that differs from trial to trial; its sizes and those of the
fixed pattern are sourced or named as assumptions in config/README.md.
"""

import numpy as np
from numpy.typing import NDArray

from waferloop.chip.parameters import Parameter, Time, Voltage
from waferloop.settings import Variation
from waferloop.wafer.variation import key, normal

PIVOT_MS = 10.0
"""Time that a deviating slope leaves as it is; a gain of 1 is the same for gains."""


def value(
    parameter: Parameter,
    code: NDArray[np.uint16],
    circuit: NDArray[np.int64],
    variation: Variation,
    wafer: int,
    write: tuple[int, ...],
) -> NDArray[np.float64]:
    """Values on given circuits after a write.

    Args:
        parameter: what the floating gate sets.
        code: codes written, any shape.
        circuit: number of the floating-gate cell's circuit (if shared: of the block).
        variation: sizes of the deviations.
        wafer: which wafer.
        write: names this write; another one lands elsewhere.

    Returns:
        Hardware V, biological ms, or gains.
    """
    name, nominal = parameter.name, parameter.nominal_value(code)
    fixed = normal(key(wafer, "offset", name), circuit) * getattr(variation.fixed_pattern, name)
    trial = normal(key(wafer, "rewrite", name, *write), circuit)
    deviation = variation.scale * (fixed + trial * getattr(variation.rewrite, name))
    slope = variation.scale * variation.slope * normal(key(wafer, "slope", name), circuit)
    if isinstance(parameter, Voltage):
        return nominal * (1 + slope) + deviation * 1e-3
    pivot = PIVOT_MS if isinstance(parameter, Time) else 1.0
    return nominal * np.maximum(nominal / pivot, 1e-3) ** slope * np.exp(deviation)

"""What PyNN 0.13 leaves open in its connection to Brian2."""

from typing import Any

import brian2
import numpy as np
from numpy.typing import NDArray
from pyNN import connectors

# machine code would have to be compiled for each projection of each network
brian2.prefs.codegen.target = "numpy"


def set_clock(dt: float) -> None:
    """Time step (ms) of spike sources, which PyNN leaves on a clock of their own."""
    brian2.defaultclock.dt = dt * brian2.ms


def shared(values: NDArray[np.float64], dt: float) -> NDArray[np.float64]:
    """Refractory times (ms) as one for all: PyNN has the neurons of a population share it."""
    return np.full_like(values, np.rint(values.mean() / dt) * dt)


class FromListConnector(connectors.FromListConnector):  # type: ignore[misc]
    """PyNN's connector of that name, which takes minutes: it connects neuron by neuron."""

    def connect(self, projection: Any) -> None:
        """What PyNN calls."""
        (synapses,) = projection._brian2_synapses[0].values()
        pre, post = self.conn_list[:, :2].astype(int).T
        synapses.connect(i=pre, j=post)
        synapses.weight = self.conn_list[:, 2] * brian2.uS
        synapses.delay = projection.synapse_type.parameter_space["delay"].base_value * brian2.ms
        projection._n_connections += len(pre)

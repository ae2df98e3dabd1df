"""How values become spikes, and spikes values."""

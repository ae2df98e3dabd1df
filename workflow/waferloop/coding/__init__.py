"""How values become spikes, and spikes values."""

ENCODERS = {"poisson": "waferloop.coding.encoding:poisson"}
"""Encoders by the name that ``encoding.code`` gives them."""
DECODERS = {"counts": "waferloop.coding.decoding:counts"}
"""Decoders by the name that ``encoding.decoder`` gives them."""

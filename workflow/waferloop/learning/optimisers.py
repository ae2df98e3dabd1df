"""Optimisers and schedules."""

OPTIMISERS = {
    "sgd": "waferloop.learning.optimisers:Momentum",
    "adam": "waferloop.learning.optimisers:Adam",
}
"""Optimisers by the name that ``loop.optimiser`` gives them."""
SCHEDULES = {
    "constant": "waferloop.learning.optimisers:constant",
    "linear": "waferloop.learning.optimisers:linear",
    "cosine": "waferloop.learning.optimisers:cosine",
}
"""Schedules by the name that ``loop.schedule`` gives them."""

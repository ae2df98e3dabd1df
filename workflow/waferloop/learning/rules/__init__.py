"""Rules of learning."""

RULES = {
    "relu": "waferloop.learning.rules.backpropagation:Relu",
    "software": "waferloop.learning.rules.backpropagation:SoftwareActivations",
    "surrogate": "waferloop.learning.rules.surrogate:MeasuredSlopes",
    "random_feedback": "waferloop.learning.rules.random_feedback:RandomFeedback",
    "sign": "waferloop.learning.rules.sign:Sign",
    "noisy": "waferloop.learning.rules.rotated:Noisy",
    "biased": "waferloop.learning.rules.rotated:Biased",
}
"""Rules by the name that ``loop.gradient`` gives them."""
ROTATED = ("noisy", "biased")
"""Those that ``loop.angle`` is for."""

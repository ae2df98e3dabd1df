"""Figures: one module each, with ``table`` (what is plotted) and ``draw`` (how)."""

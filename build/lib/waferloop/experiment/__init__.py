"""The configured experiment: its settings, stages, files and variants."""

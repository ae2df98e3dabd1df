"""The emulated wafer: everything in here is hidden from the experimenter."""

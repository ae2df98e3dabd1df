"""What is published of the machine: every experimenter knows it."""

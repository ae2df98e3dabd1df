"""What is measured to understand a network on its substrate; nothing here is needed to train it."""

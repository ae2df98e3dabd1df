"""waferloop: an emulated analog wafer and deep networks trained on it in the loop."""

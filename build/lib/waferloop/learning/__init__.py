"""Training: in software, then with the substrate in the loop (paper sections III and IV)."""

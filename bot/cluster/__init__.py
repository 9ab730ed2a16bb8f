"""What runs: one interface, one module for each sync controller."""

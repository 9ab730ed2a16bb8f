"""Where pull requests live: one interface, one module for each forge."""

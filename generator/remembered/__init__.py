"""What a run keeps for the next one, outside of every repository, and the look that ends a run with nothing to do."""

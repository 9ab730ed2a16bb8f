"""One pass's look at the world: a source a file."""

"""Where measurements come from: one interface, one module for each source."""

"""A simulated cluster with traffic, to try a policy without one."""

"""Templates: what they can reach, what they write, and the same written again for services of the same shape."""

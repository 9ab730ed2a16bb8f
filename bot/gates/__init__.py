"""How measurements become a verdict: pure, one kind of gate a file."""

"""The rules of promotion: pure, a rule a file; this package only orders them."""

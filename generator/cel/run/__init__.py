"""Expressions in CEL, evaluated as the API server evaluates them."""

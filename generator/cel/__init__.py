"""Expressions in CEL as the API server understands them: what they are made of, their types, and what they cost."""

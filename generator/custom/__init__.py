"""Custom resources: where their definitions are found, their structural schemas and CEL rules, and which counts."""

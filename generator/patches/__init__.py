"""Patches on what a service renders: strategic merges and JSON patches that keep the line of every part."""

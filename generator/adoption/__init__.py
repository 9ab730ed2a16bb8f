"""Adoption: from plain manifests to service specs and overlays that render the same objects, with proof."""

"""From rendered manifests to findings, and what becomes of a finding."""

"""How findings, errors and changes are shown: as text for people, as JSON for programs."""

"""libyaml's parser, the C extension of PyYAML, with an error that says what to do where it is missing."""

from __future__ import annotations

try:
    from yaml._yaml import CParser
except ImportError as error:
    raise ImportError(
        "PyYAML was installed without its C extension; install its wheel: "
        "pip install --force-reinstall --only-binary :all: pyyaml"
    ) from error

__all__ = ["CParser"]

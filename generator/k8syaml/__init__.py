"""YAML exactly as Kubernetes reads it, and YAML that Kubernetes reads back as it was meant.

Kubernetes reads manifests with sigs.k8s.io/yaml, which is go-yaml v2 (YAML 1.1 booleans and octal
numbers, but no sexagesimals and no dates) followed by a conversion to JSON. Every other reader differs
somewhere, so everything in this project that reads or writes YAML for a cluster goes through here:

- `load_all` reads a stream of manifests into JSON values,
- `parse` does the same for files that people write, and knows the line and column of every node,
- `dump`, `dump_at` and `scalar` write JSON values so that every reader agrees on them.

Limits against hostile input: `MAX_TEXT` characters and `MAX_DOCUMENTS` documents in a stream, `MAX_NODES` nodes and
`MAX_DEPTH` levels in a document, `MAX_KEYS` keys in a map, `MAX_ALIASED` nodes and `MAX_ALIASED_TEXT` characters out
of aliases.
"""

from generator.k8syaml.document import Document, parse
from generator.k8syaml.error import YamlError
from generator.k8syaml.limits import (
    MAX_ALIASED,
    MAX_ALIASED_TEXT,
    MAX_DEPTH,
    MAX_DOCUMENTS,
    MAX_KEYS,
    MAX_NODES,
    MAX_TEXT,
)
from generator.k8syaml.reader import load_all
from generator.k8syaml.writer import dump, dump_at, scalar

__all__ = [
    "MAX_ALIASED",
    "MAX_ALIASED_TEXT",
    "MAX_DEPTH",
    "MAX_DOCUMENTS",
    "MAX_KEYS",
    "MAX_NODES",
    "MAX_TEXT",
    "Document",
    "YamlError",
    "dump",
    "dump_at",
    "load_all",
    "parse",
    "scalar",
]

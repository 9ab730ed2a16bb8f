"""Which gates judge a service in an environment: those of its template, tuned or switched off by the environment.

Both are read from the newest base commit, never from a pin (rule P10).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator.errors import InputError
from generator.file_schemas import key_location, problem
from generator.finding import Finding
from generator.own_files.gate_fields import fields, tune
from generator.own_files.templates import Template, load_template
from generator.policy import Gate
from generator.repository import Environment, Repository, overlay_path
from generator.schema_words import unknown_field
from generator.trees.tree import Tree


def gates(repository: Repository, tree: Tree, environment: str, service: str) -> tuple[Gate, ...]:
    """The gates of a service in an environment, in the template's order; without a template there are none.

    Raises `InputError` where there is no such service.
    """
    spec = repository.services.get(service)
    if spec is None or (environment, service) not in repository.overlays:
        path = overlay_path(environment, service)
        raise InputError(f"there is no {service} in {environment}", next=f"add {path}, or check the names")
    if spec.template is None:
        return ()
    return tuned(load_template(tree, spec.template), repository.environments[environment])


def tuned(template: Template, environment: Environment) -> tuple[Gate, ...]:
    """A template's gates as an environment wants them."""
    changes = dict(environment.verify.gates)
    applied = []
    for gate in template.gates:
        change = changes.get(gate.name, ())
        if change is not None:
            applied.append(tune(gate, dict(change)))
    return tuple(applied)


def untunable(environment: Environment, known: Iterable[Template]) -> Iterator[Finding]:
    """What an environment says about gates that no template has, and about fields that the gate does not have."""
    by_name: dict[str, list[Gate]] = {}
    for template in known:
        for gate in template.gates:
            by_name.setdefault(gate.name, []).append(gate)
    for name, change in environment.verify.gates:
        where = key_location(environment.source, ("verify", "gates", name))
        if name not in by_name:
            message = unknown_field(name, by_name).replace("unknown field", "unknown gate")
            yield problem("unknown-gate", message, where)
            continue
        having = {field for gate in by_name[name] for field in fields(gate)}
        for field, _ in change or ():
            if field not in having:
                where = key_location(environment.source, ("verify", "gates", name, field))
                yield problem("unknown-field", f"gate '{name}': {unknown_field(field, having)}", where)

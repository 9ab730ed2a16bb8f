import pytest

from generator.errors import InputError
from generator.own_files.gates import gates
from generator.own_files.load import load
from generator.policy import Gate, RatioGate, ThresholdGate
from tests.generator.remembered.memory import FILES, shop

PROD = "environments/prod/environment.yaml"


def tuned(verify: str) -> dict[str, Gate]:
    tree = shop({PROD: FILES[PROD] + f"verify: {{gates: {verify}}}\n"})
    return {gate.name: gate for gate in gates(load(tree), tree, "prod", "cart")}


def test_untouched_gates_are_those_of_the_template() -> None:
    tree = shop()
    assert [gate.name for gate in gates(load(tree), tree, "prod", "cart")] == ["grpc-errors", "latency"]


def test_an_environment_tunes_single_fields() -> None:
    gate = tuned("{grpc-errors: {objective: 99%, burn: 2}}")["grpc-errors"]
    assert gate == RatioGate("grpc-errors", 'handled_total{code=~"Internal|Unknown"}', "handled_total", 0.99, 2.0)


def test_an_environment_switches_gates_off() -> None:
    assert set(tuned("{grpc-errors: false}")) == {"latency"}


def test_a_new_bound_replaces_the_old_one() -> None:
    gate = tuned("{latency: {above: 2, for: 90s}}")["latency"]
    assert isinstance(gate, ThresholdGate)
    assert (gate.below, gate.above, gate.hold.total_seconds()) == (None, 2.0, 90)
    gate = tuned("{latency: {query: other}}")["latency"]
    assert isinstance(gate, ThresholdGate)
    assert (gate.query, gate.below) == ("other", 0.3)


def test_two_bounds_at_once_are_refused() -> None:
    with pytest.raises(InputError, match="expected only one of below and above, got map"):
        tuned("{latency: {above: 2, below: 1}}")


def test_another_environment_is_not_tuned() -> None:
    tree = shop({PROD: FILES[PROD] + "verify: {gates: {latency: false}}\n"})
    assert len(gates(load(tree), tree, "test", "cart")) == 2


@pytest.mark.parametrize(("environment", "service"), [("qa", "cart"), ("prod", "web")])
def test_who_is_not_there_has_no_gates(environment: str, service: str) -> None:
    tree = shop()
    with pytest.raises(InputError, match=f"there is no {service} in {environment}"):
        gates(load(tree), tree, environment, service)

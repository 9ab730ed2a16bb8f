"""What the compiled parser reads is what Kubernetes reads: the two readers are held against each other."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.k8syaml import YamlError, everyday, load_all, parse
from generator.k8syaml.reader import composed

PROJECT = Path(__file__).parents[2]
TEXTS = [path.read_text() for path in sorted((PROJECT / "environments").rglob("*.yaml"))]
WORDS = (
    "y n yes No on OFF true True null Null ~ nan .inf Inf 0777 0 00 1 12 -1 1.5 1e3 1_000 _1 0x1F 0b1 12:30 2024-01-01"
    " 100m 64Mi 70% 5k 1h a abc a:b a#b \"q\" 's' \"\" '' \"a\\\"b\" 'a''b' {} [] {a:b} [a,b] {a} - -- ? : :: | > &a *a"
    " !t % @ ` , { } [ ] << --- ... é = $ ( ) / // /a _ _a a_b + +1 a/b a@b x.y k: 1a true: yes: y: a,b <a> * & ! T t"
).split(" ")
WORDS += ["a b", "a  b", "a: b", "a :b", " #c", "# c", "a #b", "{ }", "[ ]", "{a: b}", "{a: {b: c}}", "[a, b]", "- - "]
WORDS += ["{a: b, c: d}", "{a: b, a: c}", "[a: b]", "{a: }", "- ", "? ", ": ", "<<: ", "k: v", '"k": v', "'k': v"]
WORDS += [
    '"2024-01-01"',
    "'2024-01-01T10:00:00Z'",
    '"12:30:00"',
    '"2024-01-01": a',
    "1: a",
    "yes x",
    "y x",
    "\t",
    "\n",
    "\n ",
    "\n  ",
    "\n- ",
    "\n  - ",
    "\r\n",
    "\u2028",
    "\x85",
    "\ufeff",
    "\x00",
]


def held(text: str) -> bool:
    """Whether the text is everyday YAML; then both readers must agree on it."""
    found = everyday.read(text)
    if found is None:
        return False
    try:
        meant = list(composed(text, whole=True))
    except YamlError as error:
        pytest.fail(f"Kubernetes refuses {text!r}: {error}")
    # The text of a value tells 1 from True, and the order of keys.
    assert [repr(found)] == [repr(one) for one in meant], text
    return True


def test_most_files_of_a_repository_are_everyday():
    assert sum(map(held, TEXTS)) > 0.9 * len(TEXTS)


def test_every_word_means_the_same_wherever_it_stands():
    for word in WORDS:
        each_place(word)


def each_place(word: str) -> None:
    for text in (f"a: {word}\n", f"{word}: a\n", f"- {word}\n", f"a: [{word}, b]\n", f"a: {{b: {word}}}\n"):
        held(text)
        held(f"{text}c: d\n")


@given(st.lists(st.tuples(st.sampled_from(["", "  ", "- ", "  - "]), *[st.sampled_from(WORDS)] * 2), max_size=5))
def test_lines_of_any_words_mean_the_same(lines):
    held("".join(f"{margin}{first}: {second}\n" for margin, first, second in lines))
    held("".join(f"{margin}{first}{second}\n" for margin, first, second in lines))


@given(st.randoms(use_true_random=False))
def test_files_that_somebody_has_spoiled_mean_the_same(chance):
    text = chance.choice(TEXTS)[:600]
    for _ in range(chance.randint(1, 4)):
        text = spoiled(text, chance)
    held(text)


def spoiled(text: str, chance: random.Random) -> str:
    place, tokens = chance.randint(0, len(text)), list(re.finditer(r"[^\s:,{}\[\]]+", text))
    match chance.randint(0, 3):
        case 0:
            return text[:place] + chance.choice(WORDS) + text[place:]
        case 1:
            return text[:place] + text[place + chance.randint(1, 6) :]
        case 2 if tokens:
            token = chance.choice(tokens)
            return text[: token.start()] + chance.choice(WORDS) + text[token.end() :]
    lines = text.split("\n")
    number = chance.randrange(len(lines))
    lines[number] = " " * chance.randint(0, 6) + lines[number].lstrip(" ")
    return "\n".join(lines)


def test_a_text_that_begins_elsewhere_in_its_file_starts_there(monkeypatch):
    monkeypatch.setattr(everyday, "pays", lambda: True)
    text = "# of web\na: 1\n"
    assert held(text)
    assert [parse(text)[0].line, parse(text, start=(7, 5))[0].line] == [2, 8]


def test_what_is_wrong_is_told_by_the_one_who_knows_where():
    with pytest.raises(YamlError, match="already set") as caught:
        load_all("a: 1\nb: 2\na: 3\n", "web.yaml")
    assert caught.value.where is not None
    assert (caught.value.where.path, caught.value.where.line) == ("web.yaml", 3)


def test_a_long_text_costs_no_more_than_its_length():
    for text in ("a: " + "b " * 50_000, "a: " + "b:" * 50_000, "a: " + "{b: " * 50, "- " * 50_000, " " * 200_000):
        assert everyday.read(text + "\n") is None or held(text + "\n")


def test_the_compiled_parser_is_loaded_for_many_texts_and_not_for_few():
    asked = "import sys; from generator.k8syaml import load_all; [load_all('a: b\\n') for _ in range({})]; print({})"
    loaded = "'yaml_rs' in sys.modules"
    for texts, expected in ((30, "False"), (40, "True")):
        command = [sys.executable, "-c", asked.format(texts, loaded)]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == expected

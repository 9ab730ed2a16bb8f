"""Where templates run: Jinja's sandbox, narrowed to what a manifest needs.

A template sees the values it is given and nothing else: no file, no clock, no chance, no attribute of a
Python object. How much it may compute is counted (`steps.py`), and how much it may write limited here. A
template from somebody who isn't trusted also belongs in a process with limits of its own (`generator.confined`).
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import BuiltinMethodType, CodeType, TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from jinja2 import (
    BytecodeCache,
    DictLoader,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.lexer import TokenStream
from jinja2.runtime import BlockReference, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from generator.errors import InputError, Location
from generator.rendering.filters import FILTERS, TESTS, Missing, UnfitValueError, merging
from generator.rendering.nodes import Piece, Site, WholeNodes, hole, whole_nodes
from generator.rendering.steps import CALL, SteppedWriter, Steps
from generator.rendering.template_words import advice, compiled_line, unclosed, words

if TYPE_CHECKING:
    from jinja2.bccache import Bucket
    from jinja2.environment import TemplateExpression
    from jinja2.runtime import Context


MAX_TEMPLATE: Final = 256 * 1024
"""Characters of one template file."""

MAX_TAGS: Final = 2_000
"""Tags and `{{ }}` of one template file, which take some 0.2 ms each to compile."""

MAX_TAG: Final = 10_000
"""Characters of one of them."""

MAX_OUTPUT: Final = 1024 * 1024
"""Characters that one template may write; etcd refuses objects larger than 1.5 MiB."""

MAX_PIECES: Final = 50_000
"""Values, and texts between them, that one template may write."""

MAX_RANGE: Final = 10_000
"""Numbers that `range` gives at most."""

MAX_BITS: Final = 256
"""Bits that a product may have; YAML has no whole numbers above 64."""

_LONG_TAG: Final = re.compile(rf"\{{[{{%](?:(?![%}}]\}}|\{{[{{%]).){{{MAX_TAG}}}", re.DOTALL)
_FILTERS: Final = (
    "abs capitalize count default d dictsort first float groupby items join last length list lower map"
    " max min reject rejectattr replace reverse select selectattr sort sum title trim truncate"
    " unique upper urlencode"
).split()
_METHODS: Final[Mapping[type, frozenset[str]]] = {
    dict: frozenset({"get", "items", "keys", "values"}),
    str: frozenset(
        "endswith find isdigit lower lstrip partition removeprefix removesuffix replace rpartition rsplit rstrip"
        " split splitlines startswith strip title upper".split()
    ),
}
_RUNTIME: Final = (LoopContext, Macro, Namespace, BlockReference, TemplateModule)


class Compiled(BytecodeCache):
    """What the templates of an engine were compiled to, by their name and text.

    `known` is what other engines have compiled, if `compiled_before` says so.
    """

    known: ClassVar[dict[str, bytes] | None] = None

    def __init__(self) -> None:
        self._codes: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        key = self._key(bucket)
        if (code := self._codes.get(key)) is not None:
            bucket.code = code
        elif self.known and (kept := self.known.get(key)):
            bucket.code = self._codes[key] = marshal.loads(kept)  # noqa: S302 - of `compiled_before`

    def dump_bytecode(self, bucket: Bucket) -> None:
        key = self._key(bucket)
        if bucket.code is not None:
            self._codes[key] = bucket.code
        if self.known is not None:
            self.known[key] = marshal.dumps(bucket.code)

    @staticmethod
    def _key(bucket: Bucket) -> str:
        return f"{bucket.key} {bucket.checksum}"


def compiled_before(known: dict[str, bytes]) -> None:
    """Take the code of templates that these modules have compiled before, and put there what is compiled from now on.

    It is run as it is, so it must come from nobody else.
    """
    Compiled.known = known


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of a set of templates that may include and extend each other; `texts` by name."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, texts: Mapping[str, str], compiled: Compiled) -> None:
        super().__init__(
            loader=DictLoader(texts),
            undefined=Missing,
            extensions=[WholeNodes],
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            optimized=False,  # to look for what is constant takes longer than to work it out
            bytecode_cache=compiled,
        )
        self.steps = steps = Steps()
        self.step, self.weighed, self.joined = steps.step, steps.weighed, steps.joined
        self.searched = steps.weighed
        self.code_generator_class = SteppedWriter
        self.hole: Callable[[Site], Callable[[Any], Piece]] = partial(hole, weighed=steps.weighed)
        known = {name: self.filters[name] for name in (*_FILTERS, "_node")}
        filters: dict[str, Callable[..., Any]] = known | FILTERS
        self.filters = {name: steps.of(name, filters[name]) for name in filters} | {
            "join": steps.join(filters["join"]),
            "merge": merging(steps),
            "replace": steps.replaced,
            "sum": steps.sum(filters["sum"]),
        }
        tests = cast("Mapping[str, Callable[..., Any]]", self.tests | TESTS)
        self.tests = {name: steps.of(name, tests[name]) for name in tests}
        # What Jinja calls `namespace` is the name of a value here.
        self.globals = {"range": numbers, "scope": Namespace}

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        """The tokens of a template, or in another `state` of an expression; Jinja's extensions would read it twice."""
        tokens = self.lexer.tokeniter(source, name, filename, state)
        found = tokens if state else whole_nodes(tokens, name)
        return TokenStream(self.lexer.wrap(found, name, filename), name, filename)

    def buffered(self) -> None:
        """What is written now is no output yet: its pieces become one text."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Only what a template needs of texts and maps, and Jinja's own objects such as `loop`."""
        if isinstance(obj, _RUNTIME):
            return super().is_safe_attribute(obj, attr, value)
        return any(isinstance(obj, kind) and attr in names for kind, names in _METHODS.items())

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`map.name` is the item `name`, whatever methods a Python dict has, except the few that are for templates."""
        kind = type(obj)
        if kind is Namespace:  # it answers isinstance() by looking into itself
            if not attribute.startswith("_") and hasattr(obj, attribute):
                return getattr(obj, attribute)
        elif kind is dict or isinstance(obj, dict):
            if attribute in _METHODS[dict]:
                return getattr(obj, attribute)
            if attribute in obj:
                return obj[attribute]
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`map[name]`."""
        return super().getitem(obj, argument if type(argument) in (str, int) else self.weighed(argument))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as in Jinja
        """A method that `getattr` gave out is safe to call; for the rest, Jinja's own rules."""
        if not isinstance(__obj, BuiltinMethodType):
            __self.step(CALL)
            return super().call(__context, __obj, *args, **kwargs)
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        if args and type(args[0]) is not str:
            __self.weighed(args[0])  # a key is looked at as a whole
        if isinstance(__obj.__self__, str):
            of = __self.weighed(__obj.__self__)
            if __obj.__name__ == "replace":
                return __self.steps.replaced(of, *args, **kwargs)
        return __obj(*args, **kwargs)

    def make_globals(self, d: Any) -> Any:
        """All templates have the same globals; Jinja would look through two maps for each name."""
        return self.globals

    def wrap_str_format(self, value: Any) -> None:
        """No `'…'.format`: a width in a format can fill the memory, and ~ joins text."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic is for numbers: text times a number, powers and printf formats can fill the memory."""
        if operator == "+":
            return self.weighed(left) + self.weighed(right)
        if operator == "**" or not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise SecurityError(f"{operator!r} is only for numbers, and there are no powers; join text with ~")
        if operator == "*" and _bits(left) + _bits(right) > MAX_BITS:
            raise SecurityError(f"a product of more than {MAX_BITS} bits")
        return super().call_binop(context, operator, left, right)


class Engine:
    """The templates that one service is rendered from, by their name below `templates/`."""

    def __init__(
        self, texts: Mapping[str, str], sandbox: type[Sandbox] = Sandbox, compiled: Compiled | None = None
    ) -> None:
        self._compiled = compiled or Compiled()
        self._texts = {name: text if text.endswith("\n") else text + "\n" for name, text in texts.items()}
        for name, text in self._texts.items():
            if too_much := _too_much(text):
                where = Location(template_path(name))
                raise InputError(f"a template of more than {too_much}", where=where, next="split it by `include`")
        self.sandbox = sandbox(self._texts, self._compiled)
        self._beside: dict[type[Sandbox], Engine] = {}
        self._conditions: dict[str, TemplateExpression] = {}

    def beside(self, sandbox: type[Sandbox]) -> Engine:
        """The same templates in another sandbox; there is one of each kind."""
        if sandbox not in self._beside:
            self._beside[sandbox] = Engine(self._texts, sandbox, self._compiled)
        return self._beside[sandbox]

    def check(self) -> None:
        """Raises `InputError` for a template that is none, and for one that includes or extends what is not here.

        Nothing of them is run, not even the expressions that compiling would evaluate.
        """
        from jinja2 import meta

        for name, text in self._texts.items():
            try:
                for wanted in meta.find_referenced_templates(self.sandbox.parse(text, name)):
                    if wanted is not None and wanted not in self._texts:
                        raise TemplateNotFound(wanted)
            except Exception as error:  # a template of somebody else can be anything
                raise self._explained(error, template_path(name)) from error

    def pieces(self, name: str, context: Mapping[str, Any]) -> list[Piece]:
        """What a template writes; raises `InputError` with the template's line for whatever goes wrong."""
        try:
            template = self.sandbox.get_template(name)
            self.sandbox.steps.restart()
            return _limited(template.root_render_func(template.new_context(dict(context))))
        except Exception as error:  # an expression of a template can raise anything
            raise self._explained(error, template_path(name)) from error

    def holds(self, condition: str, context: Mapping[str, Any], where: Callable[[], Location]) -> bool:
        """Whether the condition of a manifest (an expression, at `where` in template.yaml) is true."""
        try:
            if condition not in self._conditions:
                compiled = self.sandbox.compile_expression(condition, undefined_to_none=False)
                self._conditions[condition] = compiled
            self.sandbox.steps.restart()
            return bool(self._conditions[condition](**context))
        except Exception as error:  # an expression of a template can raise anything
            raise InputError(
                f"the condition {condition!r}: {words(error)}", where=where(), next=advice(error, self.sandbox)
            ) from error

    def _explained(self, error: Exception, path: str) -> InputError:
        if isinstance(error, TemplateSyntaxError):
            name, text = error.name or "", self._texts.get(error.name or "", "")
            if (open_tag := unclosed(error, text)) is not None:
                tag, line = open_tag
                return InputError(
                    f"{{% {tag} %}} is not closed", where=self._line(name, line), next=f"add {{% end{tag} %}}"
                )
            where = self._line(name, error.lineno)
        else:
            where = self._place(error.__traceback__) or self._uncompiled(error, path)
        if isinstance(error, UnfitValueError):
            error.where = where
            return error
        return InputError(words(error), where=where, next=advice(error, self.sandbox))

    def _uncompiled(self, error: Exception, path: str) -> Location:
        """Where something is that keeps a template from being compiled."""
        name = path.removeprefix(template_path(""))
        line = compiled_line(error, self._texts.get(name, ""))
        return self._line(name, line) if line else Location(path)

    def _place(self, trace: TracebackType | None) -> Location | None:
        """The innermost line of a template that the trace of an error goes through."""
        found = None
        while trace is not None:
            template = trace.tb_frame.f_globals.get("__jinja_template__")
            if template is not None:
                found = self._line(template.name, template.get_corresponding_lineno(trace.tb_lineno))
            trace = trace.tb_next
        return found

    def _line(self, name: str, line: int) -> Location:
        lines = self._texts.get(name, "").split("\n")
        return Location(template_path(name), line, None, lines[line - 1] if 0 < line <= len(lines) else None)


def _too_much(text: str) -> str:
    """What of a template is too much to compile; nothing where none is."""
    if len(text) > MAX_TEMPLATE:
        return f"{MAX_TEMPLATE} characters"
    if text.count("{{") + text.count("{%") > MAX_TAGS:
        return f"{MAX_TAGS:,} tags"
    return f"{MAX_TAG:,} characters in one tag" if _LONG_TAG.search(text) else ""


def _limited(output: Iterator[Any]) -> list[Piece]:
    """All that a template writes. Whatever writes text is a piece: `WholeNodes` sees to it."""
    pieces: list[Piece] = []
    written = 0
    for piece in output:
        pieces.append(piece)
        written += len(piece)
        if written > MAX_OUTPUT or len(pieces) > MAX_PIECES:
            raise SecurityError(f"it writes more than {MAX_OUTPUT} characters or {MAX_PIECES} values")
    return pieces


def template_path(name: str) -> str:
    """Where the template of this name is in the repository."""
    return f"templates/{name}"


def _bits(number: float) -> int:
    return number.bit_length() if isinstance(number, int) else 0


def numbers(*bounds: int) -> range:
    """What templates call `range`."""
    found = range(*bounds)
    if len(found) > MAX_RANGE:
        raise SecurityError(f"a range of more than {MAX_RANGE} numbers")
    return found

"""The types of CEL, and the functions that Kubernetes has with what they take and make.

Source: github.com/google/cel-go, common/stdlib and ext (sets, lists, strings, comprehensions), and k8s.io/apiserver,
pkg/cel/library, as pkg/cel/environment/base.go puts them together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from generator.cel.nodes import NotUnderstood

_HEAVIEST: Final = 64
"""How many types a type may be made of. Types can double with each step of an expression."""


@dataclass(frozen=True, slots=True)
class Type:
    """A type, with the types that it is made of (list, map, optional_type, type)."""

    name: str
    of: tuple[Type, ...] = ()
    weight: int = field(default=1, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", 1 + sum(one.weight for one in self.of))
        if self.weight > _HEAVIEST:
            raise NotUnderstood

    @property
    def is_parameter(self) -> bool:
        """Whether it stands for a type that is not known yet."""
        return self.name[0] == "_" or len(self.name) == 1

    @property
    def is_object(self) -> bool:
        """Whether values have fields."""
        return self.name.startswith("object ")

    def __str__(self) -> str:
        name = "object" if self.is_object else self.name
        return f"{name}({', '.join(map(str, self.of))})" if self.of else name


DYN: Final = Type("dyn")
BOOL: Final = Type("bool")
INT: Final = Type("int")
STRING: Final = Type("string")


def optional(of: Type) -> Type:
    """The type of a value that may be missing."""
    return Type("optional_type", (of,))


@dataclass(frozen=True, slots=True)
class Overload:
    """What a function takes and makes in one of its forms; the first parameter of a member is its target."""

    parameters: tuple[Type, ...]
    result: Type
    is_member: bool
    takes: str
    """The types of the parameters, with commas between them."""


_TABLE: Final = """
!_: bool->bool
-_: double->double int->int
@in: A,list(A)->bool A,map(A,B)->bool
@not_strictly_false: bool->bool
_!=_: A,A->bool
_%_: int,int->int uint,uint->uint
_&&_: bool,bool->bool
_*_: double,double->double int,int->int uint,uint->uint
_+_: bytes,bytes->bytes double,double->double duration,duration->duration duration,timestamp->timestamp
 timestamp,duration->timestamp int,int->int list(A),list(A)->list(A) string,string->string uint,uint->uint
_-_: double,double->double duration,duration->duration int,int->int timestamp,duration->timestamp
 timestamp,timestamp->duration uint,uint->uint
_/_: double,double->double int,int->int uint,uint->uint
_==_: A,A->bool
_?_:_: bool,A,A->A
_[?_]: list(V),int->optional_type(V) optional_type(list(V)),int->optional_type(V) map(K,V),K->optional_type(V)
 optional_type(map(K,V)),K->optional_type(V)
_[_]: list(A),int->A map(A,B),A->B optional_type(list(V)),int->optional_type(V)
 optional_type(map(K,V)),K->optional_type(V)
_||_: bool,bool->bool
add: quantity.quantity->quantity quantity.int->quantity
allowed: decision.->bool
asApproximateFloat: quantity.->double
asInteger: quantity.->int
bool: bool->bool string->bool
bytes: bytes->bytes string->bytes
cel.@mapInsert: map(K,V),K,V->map(K,V) map(K,V),map(K,V)->map(K,V)
charAt: string.int->string
check: path_check.string->decision resource_check.string->decision
cidr: string->cidr
compareTo: quantity.quantity->int semver.semver->int
contains: string.string->bool
containsCIDR: cidr.string->bool cidr.cidr->bool
containsIP: cidr.string->bool cidr.ip->bool
distinct: list(T).->list(T)
double: double->double int->double string->double uint->double
duration: duration->duration int->duration string->duration
dyn: A->dyn
endsWith: string.string->bool
error: decision.->string
errored: decision.->bool
family: ip.->int
fieldSelector: resource_check.string->resource_check
find: string.string->string
findAll: string.string->list(string) string.string,int->list(string)
first: list(V).->optional_type(V)
flatten: list(list(T)).->list(T) list(dyn).int->list(dyn)
format: string.list(dyn)->string
format.named: string->optional_type(format)
getDate: timestamp.->int timestamp.string->int
getDayOfMonth: timestamp.->int timestamp.string->int
getDayOfWeek: timestamp.->int timestamp.string->int
getDayOfYear: timestamp.->int timestamp.string->int
getEscapedPath: url.->string
getFullYear: timestamp.->int timestamp.string->int
getHost: url.->string
getHostname: url.->string
getHours: timestamp.->int timestamp.string->int duration.->int
getMilliseconds: timestamp.->int timestamp.string->int duration.->int
getMinutes: timestamp.->int timestamp.string->int duration.->int
getMonth: timestamp.->int timestamp.string->int
getPort: url.->string
getQuery: url.->map(string,list(string))
getScheme: url.->string
getSeconds: timestamp.->int timestamp.string->int duration.->int
group: authorizer.string->group_check
hasValue: optional_type(V).->bool
indexOf: list(A).A->int string.string->int string.string,int->int
int: int->int double->int duration->int string->int timestamp->int uint->int
ip: string->ip cidr.->ip
ip.isCanonical: string->bool
isCIDR: string->bool
isGlobalUnicast: ip.->bool
isGreaterThan: quantity.quantity->bool semver.semver->bool
isIP: string->bool
isInteger: quantity.->bool
isLessThan: quantity.quantity->bool semver.semver->bool
isLinkLocalMulticast: ip.->bool
isLinkLocalUnicast: ip.->bool
isLoopback: ip.->bool
isQuantity: string->bool
isSemver: string->bool string,bool->bool
isURL: string->bool
isUnspecified: ip.->bool
join: list(string).->string list(string).string->string
jsonpatch.escapeKey: string->string
labelSelector: resource_check.string->resource_check
last: list(V).->optional_type(V)
lastIndexOf: list(A).A->int string.string->int string.string,int->int
lists.range: int->list(int)
lowerAscii: string.->string
major: semver.->int
masked: cidr.->cidr
matches: string,string->bool string.string->bool
minor: semver.->int
name: resource_check.string->resource_check
namespace: resource_check.string->resource_check
optional.none: ->optional_type(V)
optional.of: V->optional_type(V)
optional.ofNonZeroValue: V->optional_type(V)
optional.unwrap: list(optional_type(V))->list(V)
or: optional_type(V).optional_type(V)->optional_type(V)
orValue: optional_type(V).V->V
patch: semver.->int
path: authorizer.string->path_check
prefixLength: cidr.->int
quantity: string->quantity
reason: decision.->string
replace: string.string,string->string string.string,string,int->string
resource: group_check.string->resource_check
reverse: list(T).->list(T)
semver: string->semver string,bool->semver
serviceAccount: authorizer.string,string->authorizer
sets.contains: list(T),list(T)->bool
sets.equivalent: list(T),list(T)->bool
sets.intersects: list(T),list(T)->bool
sign: quantity->int
size: bytes->int bytes.->int list(A)->int list(A).->int map(A,B)->int map(A,B).->int string->int string.->int
slice: list(T).int,int->list(T)
split: string.string->list(string) string.string,int->list(string)
startsWith: string.string->bool
string: string->string bool->string bytes->string double->string duration->string int->string timestamp->string
 uint->string ip->string cidr->string
strings.quote: string->string
sub: quantity.quantity->quantity quantity.int->quantity
subresource: resource_check.string->resource_check
substring: string.int->string string.int,int->string
timestamp: timestamp->timestamp int->timestamp string->timestamp
trim: string.->string
type: A->type(A)
uint: uint->uint double->uint int->uint string->uint
unwrapOpt: list(optional_type(V)).->list(V)
upperAscii: string.->string
url: string->url
validate: format.string->optional_type(list(string))
value: optional_type(V).->V
"""
"""Function by function: `target.parameters->result` for a member, `parameters->result` for any other."""

_FORMATS: Final = (
    "byte date datetime dns1035Label dns1035LabelPrefix dns1123Label dns1123LabelPrefix dns1123Subdomain "
    "dns1123SubdomainPrefix labelValue qualifiedName uri uuid"
).split()
_NUMBERS: Final = ("int", "uint", "double")
_COMPARABLE: Final = (*_NUMBERS, "bool", "duration", "timestamp", "string", "bytes")


def _lines() -> Iterator[str]:
    yield from _TABLE.replace("\n ", " ").strip().splitlines()
    compared = [*((one, one) for one in _COMPARABLE), *((a, b) for a, b in product(_NUMBERS, _NUMBERS) if a != b)]
    for operator in ("_<_", "_<=_", "_>_", "_>=_"):
        yield f"{operator}: {' '.join(f'{left},{right}->bool' for left, right in compared)}"
    yield f"isSorted: {' '.join(f'list({one}).->bool' for one in _COMPARABLE)}"
    yield f"sort: {' '.join(f'list({one}).->list({one})' for one in _COMPARABLE)}"
    yield f"@sortByAssociatedKeys: {' '.join(f'list(T).list({one})->list(T)' for one in _COMPARABLE)}"
    yield f"sum: {' '.join(f'list({one}).->{one}' for one in (*_NUMBERS, 'duration'))}"
    for name in ("max", "min"):
        yield f"{name}: {' '.join(f'list({one}).->{one}' for one in _COMPARABLE)}"
    yield from (f"format.{name}: ->format" for name in _FORMATS)


def _overload(text: str) -> Overload:
    taken, _, made = text.partition("->")
    target, dot, rest = taken.rpartition(".")
    parameters = (*_types(target), *_types(rest))
    (result,) = _types(made)
    return Overload(parameters, result, bool(dot), ",".join(part for part in (target, rest) if part))


def _types(text: str) -> tuple[Type, ...]:
    """Types with commas between them."""
    parts = re.findall(r"\w+(?:\((?:[^()]|\([^()]*\))*\))?", text)
    named = (part.rstrip(")").partition("(")[0] for part in parts)
    return tuple(Type(name, _types(part[len(name) + 1 : -1])) for name, part in zip(named, parts, strict=True))


FUNCTIONS: Final[Mapping[str, tuple[Overload, ...]]] = {
    name: tuple(map(_overload, overloads.split()))
    for name, _, overloads in (line.rpartition(": ") for line in _lines())
}
"""The forms of each function, in the order in which they are tried."""

TYPES: Final[Mapping[str, Type]] = {
    **{name: Type("type", (Type(name),)) for name in ("bool", "bytes", "double", "int", "string", "uint")},
    "google.protobuf.Duration": Type("type", (Type("duration"),)),
    "google.protobuf.Timestamp": Type("type", (Type("timestamp"),)),
    "list": Type("type", (Type("list", (Type("A"),)),)),
    "map": Type("type", (Type("map", (Type("A"), Type("B"))),)),
    "null_type": Type("type", (Type("null"),)),
    "type": Type("type", (Type("type"),)),
}
"""What an expression may call types by."""

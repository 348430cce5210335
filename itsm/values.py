"""Dataclasses whose methods are made when they are first used: a drop-in for the standard library's, for a program that runs for 80 ms.

The standard `dataclass(frozen=True, slots=True)` writes and compiles six methods a class, 0.65 ms; the forty classes that `show` comes
by cost more than all that it does with them. Here a class costs 0.03 ms, and its `__init__` is compiled when it has made some values.
To whoever asks (`dataclasses.fields`, `replace`, `is_dataclass`, `inspect.signature`) they are dataclasses like others.
No inheritance of fields, no order, no keyword-only fields: who wants these takes the standard ones.
"""

from __future__ import annotations

import sys
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a type checker knows the standard ones
    from dataclasses import dataclass, field, replace
else:

    def dataclass(cls: Any = None, /, *, frozen: bool = False, slots: bool = False) -> Any:
        """As `dataclasses.dataclass`, with these two of its options."""
        return _made(cls, frozen=frozen, slots=slots) if cls is not None else lambda cls: _made(cls, frozen=frozen, slots=slots)

    def field(**options: Any) -> Any:
        """As `dataclasses.field`."""
        return _Field(options)

    def replace(value: Any, /, **changes: Any) -> Any:
        """A copy of the value with some fields changed. Raises TypeError for a field that there isn't."""
        cls = type(value)
        kept = {name: getattr(value, name) for name in cls.__match_args__ if name not in changes}
        return cls(**kept, **changes)


__all__ = ["dataclass", "field", "replace"]

_ABSENT = object()
_FEW = 40  # values: to compile an `__init__` takes as long as to make so many without
_set = object.__setattr__
_OPTIONAL = frozenset(("default", "default_factory"))


class _Field:
    """What `field()` was given, until the class is made."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options


class _Init:
    """Stands for a class's `__init__` until that is worth compiling: for many values, or a look at its signature."""

    def __init__(self, fields: dict[str, dict[str, Any]], *, frozen: bool) -> None:
        self.fields = fields
        self.frozen = frozen
        self.names = _named(fields, "init")
        self.known = frozenset(self.names)
        self.wanted = frozenset(name for name in self.names if not fields[name].keys() & _OPTIONAL)
        self.made = 0

    def __get__(self, instance: object, owner: type) -> Any:
        self.made += 1
        if instance is not None and self.made <= _FEW:
            return partial(self.fill, instance)
        cls = next(one for one in owner.__mro__ if one.__dict__.get("__init__") is self)
        made = _initializer(cls, frozen=self.frozen)
        type.__setattr__(cls, "__init__", made)
        return made.__get__(instance, owner)

    def fill(self, instance: Any, *values: Any, **named: Any) -> None:
        """What the compiled one does, in a loop; for what isn't right that one has the words."""
        given = {**dict(zip(self.names, values, strict=False)), **named}
        if len(given) != len(values) + len(named) or not self.wanted <= given.keys() <= self.known:
            _initializer(type(instance), frozen=self.frozen)(instance, *values, **named)
        for name, options in self.fields.items():
            if name in given:
                _set(instance, name, given[name])
            elif "default" in options:
                _set(instance, name, options["default"])
            elif "default_factory" in options:
                _set(instance, name, options["default_factory"]())
        if hasattr(instance, "__post_init__"):
            instance.__post_init__()


class _Fields:
    """Stands for `__dataclass_fields__`, by which the standard library knows a dataclass."""

    def __get__(self, instance: object, owner: type) -> Any:
        import dataclasses

        late: dict[str, dict[str, Any]] = owner.__dataclass_late__  # type: ignore[attr-defined]
        twin: Any = type(owner.__name__, (), {name: dataclasses.field(**one) for name, one in late.items()})
        twin.__annotations__ = owner.__annotations__
        return dataclasses.dataclass(eq=False, repr=False, init=False)(twin).__dataclass_fields__


def _made(cls: type, *, frozen: bool, slots: bool) -> type:
    if any(hasattr(base, "__dataclass_fields__") for base in cls.__mro__[1:]):
        raise TypeError(f"{cls.__name__} inherits fields: take the standard library's dataclass")
    own = dict(cls.__dict__)
    fields = {name: _options(own.get(name, _ABSENT)) for name in own.get("__annotations__", {})}
    for name, options in fields.items():
        own.pop(name, None)
        if not slots and "default" in options:
            own[name] = options["default"]
    own |= {"__dataclass_late__": fields, "__dataclass_fields__": _Fields(), "__match_args__": _named(fields, "init")}
    compared = {name: options.get("hash", options.get("compare", True)) for name, options in fields.items()}
    methods = {
        "__init__": _Init(fields, frozen=frozen),
        "__repr__": _repr(_named(fields, "repr")),
        "__eq__": _eq(_picked(_named(fields, "compare"))),
        "__hash__": _hash(_picked(tuple(name for name, counts in compared.items() if counts))) if frozen else None,
    }
    if frozen:
        methods |= {"__setattr__": _refused, "__delattr__": _refused}
    if slots:
        methods |= {"__slots__": tuple(fields), "__getstate__": _state, "__setstate__": _restored}
    for name in ("__dict__", "__weakref__"):
        own.pop(name, None)
    return type(cls)(cls.__name__, cls.__bases__, {**methods, **own})


def _options(default: Any) -> dict[str, Any]:
    return default.options if isinstance(default, _Field) else {} if default is _ABSENT else {"default": default}


def _named(fields: dict[str, dict[str, Any]], option: str) -> tuple[str, ...]:
    return tuple(name for name, options in fields.items() if options.get(option, True))


def _picked(names: tuple[str, ...]) -> Any:
    return attrgetter(*names) if names else lambda _: ()


def _repr(names: tuple[str, ...]) -> Any:
    def __repr__(self: Any) -> str:  # noqa: N807 - it becomes the class's own
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return __repr__


def _eq(picked: Any) -> Any:
    def __eq__(self: Any, other: object) -> Any:  # noqa: N807 - it becomes the class's own
        return picked(self) == picked(other) if type(other) is type(self) else NotImplemented

    return __eq__


def _hash(picked: Any) -> Any:
    def __hash__(self: Any) -> int:  # noqa: N807 - it becomes the class's own
        return hash(picked(self))

    return __hash__


def _refused(self: Any, name: str, *_: Any) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"{type(self).__name__}.{name} can't be changed")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__dataclass_late__]


def _restored(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__dataclass_late__, state, strict=True):
        object.__setattr__(self, name, value)


def _initializer(cls: type, *, frozen: bool) -> Any:
    """The `__init__` of a class, compiled: a loop over the fields would take twice as long for each value."""
    late: dict[str, dict[str, Any]] = cls.__dataclass_late__  # type: ignore[attr-defined]
    known: dict[str, Any] = {"_absent": _ABSENT, "_set": object.__setattr__}
    parameters, lines = ["self"], []
    for name, options in late.items():
        value = name
        if "default_factory" in options:
            known[f"_new_{name}"] = options["default_factory"]
            value = f"_new_{name}() if {name} is _absent else {name}" if options.get("init", True) else f"_new_{name}()"
        if options.get("init", True):
            known[f"_default_{name}"] = options.get("default", _ABSENT)
            optional = "default" in options or "default_factory" in options
            parameters.append(f"{name}=_default_{name}" if optional else name)
        elif "default_factory" not in options:
            continue
        lines.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    body = "\n  ".join(lines or ["pass"])
    source = f"def made({', '.join(known)}):\n def __init__({', '.join(parameters)}):\n  {body}\n return __init__"
    space: dict[str, Any] = {}
    exec(source, sys.modules[cls.__module__].__dict__, space)  # noqa: S102 - names and fields of our own classes, as dataclasses does it
    init = space["made"](**known)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {
        name: kind for name, kind in cls.__annotations__.items() if name in parameters or f"{name}=_default_{name}" in parameters
    }
    return init

"""How the parameters of the estimators are declared: each once, with its default and its text.

A class names its parameters as annotated attributes, under the decorator `part` or `estimator`. The text of a parameter
is in the docstring of the class that declares it, or of one above it, whose default it changes, or else, for one that
goes to a network's builder, in the builder's, which also holds its default, but where an estimator has one of its own.
"""

import inspect
import operator
import re
import textwrap
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import reduce
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


def of_network(*, default: Callable[..., Any], own: Any = MISSING, kw_only: bool = True) -> Any:
    """Declare a parameter that goes to a network's builder, with the default that it has there, or the class' own.

    The argument is called `default` for the sake of type checkers, which learn from it that there is one.
    """
    return field(default=own, kw_only=kw_only, metadata={"builder": default})


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field, of_network))
def part(cls: type[T]) -> type[T]:
    """Make the constructor of a part of an estimator from the parameters that it and the parts above it declare.

    A constructor only stores, which is what a dataclass writes; `dataclass_transform` tells type checkers and editors
    of it. scikit-learn finds the constraints of all parameters in one dict, so those of all parts are gathered here.
    """
    for name, value in vars(cls).items():
        if isinstance(value, Field) and "builder" in value.metadata and value.default is MISSING:
            value.default = inspect.signature(value.metadata["builder"]).parameters[name].default
    cls = dataclass(eq=False, repr=False, kw_only=True)(cls)
    constraints = [vars(base).get("_parameter_constraints", {}) for base in reversed(cls.__mro__)]
    cls._parameter_constraints = reduce(operator.or_, constraints)  # type: ignore[attr-defined]
    return cls


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field, of_network))
def estimator(cls: type[T]) -> type[T]:
    """Make an estimator of its parts, and complete its docstring by their parameters and attributes."""
    has_docstring = bool(cls.__doc__)  # not with python -OO, where a dataclass writes its signature instead
    cls = part(cls)
    if has_docstring:
        cls.__doc__ = _complete_docstring(cls)
    return cls


def network_parameters(estimator: Any) -> dict[str, Any]:
    """Return the parameters of an estimator that go to its network's builder."""
    return {f.name: getattr(estimator, f.name) for f in fields(estimator) if "builder" in f.metadata}


def _complete_docstring(cls):
    """Return the docstring with the sections Parameters and Attributes, before those that it has."""
    defaults = {name: parameter.default for name, parameter in inspect.signature(cls).parameters.items()}
    parameters = [_entry(name, *_text_of(cls, name), default=value) for name, value in defaults.items()]
    attributes = [_entry(name, *text) for name, text in _attributes_of(cls).items()]
    sections = [_section("Parameters", parameters), _section("Attributes", attributes)]
    # inspect.cleandoc leaves a docstring as Python keeps it from 3.13 on.
    summary, *others = re.split(r"(?m)^(?=\S[^\n]*\n-{3,}$)", inspect.cleandoc(cls.__doc__), maxsplit=1)
    return "\n\n".join([summary.rstrip(), *sections, *others])


def _text_of(cls, name):
    """Return what kind of value a parameter takes, and its text."""
    builder = cls.__dataclass_fields__[name].metadata.get("builder")
    docstrings = [base.__doc__ for base in cls.__mro__ if name in vars(base).get("__annotations__", {})]
    texts = [read_section(doc, "Parameters") for doc in [*docstrings, builder and builder.__doc__]]
    return next(text[name] for text in texts if name in text)


def _attributes_of(cls):
    """Return the fitted attributes that the parts of an estimator have, {name: (kind, text)}."""
    entries: dict[str, tuple[str, str]] = {}
    for base in cls.__mro__[1:]:
        if "__dataclass_fields__" in vars(base):
            entries = {**entries, **read_section(base.__doc__, "Attributes")}
    return entries


def read_section(doc: str | None, title: str) -> dict[str, tuple[str, str]]:
    """Return the entries of a numpydoc section, {name: (kind of value, text)}."""
    pattern = rf"^{title}\n-+\n(.*?)(?=^\S[^\n]*\n-{{3,}}\n|\Z)"
    section = re.search(pattern, inspect.cleandoc(doc or ""), re.DOTALL | re.MULTILINE)
    found = re.findall(r"^(\w+) : (.+)\n((?:[ ]+\S.*\n?|\n)*)", section[1] if section else "", re.MULTILINE)
    return {name: (kind.partition(", default=")[0], " ".join(text.split())) for name, kind, text in found}


def _section(title, entries):
    return "\n".join([title, "-" * len(title), "\n\n".join(entries)])


def _entry(name, kind, text, **default):
    """Return an entry of a numpydoc section, with the default of a parameter."""
    shown = [f', default="{value}"' if isinstance(value, str) else f", default={value!r}" for value in default.values()]
    return "\n    ".join([f"{name} : {kind}{''.join(shown)}", *textwrap.wrap(text, 110)])

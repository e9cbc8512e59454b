"""The constructors of all public classes, as they were when the package moved into folders."""

import inspect
import json
from pathlib import Path

import pytest

import skhybrid

# Made from version af1ac78, with what was added since:
# {class: {"parameters": {name: repr of the default}, "kinds": "p" positional, "k" by name}}.
TABLE = json.loads((Path(__file__).parent / "parameters.json").read_text())


def parameters_of(cls):
    parameters = inspect.signature(cls).parameters.values()
    return {
        "parameters": {p.name: None if p.default is p.empty else repr(p.default) for p in parameters},
        "kinds": "".join("p" if p.kind is p.POSITIONAL_OR_KEYWORD else "k" for p in parameters),
    }


def test_table_holds_every_class():
    public = {name: getattr(skhybrid, name) for name in skhybrid.__all__}
    assert {name for name, thing in public.items() if hasattr(thing, "get_params")} == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_names_order_and_defaults_are_those_of_the_table(name):
    found = parameters_of(getattr(skhybrid, name))
    assert list(found["parameters"].items()) == list(TABLE[name]["parameters"].items())
    assert found["kinds"] == TABLE[name]["kinds"]


@pytest.mark.parametrize("name", TABLE)
def test_get_params_names_what_the_constructor_takes(name):
    cls = getattr(skhybrid, name)
    given = {p: None for p, default in TABLE[name]["parameters"].items() if default is None}
    assert set(cls(**given).get_params(deep=False)) == set(TABLE[name]["parameters"])

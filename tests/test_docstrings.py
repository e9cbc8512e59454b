"""Docstrings say what the signatures say."""

import ast
import inspect
import re

import pytest

import skhybrid
from skhybrid import networks

PUBLIC = {name: getattr(skhybrid, name) for name in skhybrid.__all__ if name != "networks"}
PUBLIC |= {f"networks.{name}": getattr(networks, name) for name in networks.__all__ if name != "NETWORKS"}


def public_methods(name, thing):
    if not inspect.isclass(thing):
        return {}
    return {
        f"{name}.{method}": function
        for method, function in inspect.getmembers(thing, inspect.isfunction)
        if not method.startswith("_") and function.__module__.startswith("skhybrid")
    }


METHODS = {key: method for name, thing in PUBLIC.items() for key, method in public_methods(name, thing).items()}


def section(doc, title):
    """Return the body of a numpydoc section, empty where there is none."""
    match = re.search(
        rf"^{title}\n-+\n(.*?)(?=^\S[^\n]*\n-{{3,}}\n|\Z)", inspect.cleandoc(doc), re.DOTALL | re.MULTILINE
    )
    return match[1] if match else ""


def documented_defaults(doc):
    """Return {name: text behind "default=", None where there is none} of the section Parameters."""
    defaults = {}
    for line in section(doc, "Parameters").replace("\\\n", "").splitlines():
        names, colon, kind = line.partition(" : ")
        if colon and not line.startswith(" "):
            text = re.search(r"(?:default=|^)(None)$|default=(.*)$", kind)  # "y : None" is a y that is not used
            defaults |= {name.lstrip("*"): text[1] or text[2] if text else None for name in names.split(", ")}
    return defaults


def signature_defaults(function):
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.name != "self"}


@pytest.mark.parametrize("name", [*PUBLIC, *METHODS])
def test_defaults_equal_the_signature(name):
    function = {**PUBLIC, **METHODS}[name]
    documented, defaults = documented_defaults(function.__doc__), signature_defaults(function)
    assert list(documented) == list(defaults)
    read = {
        key: inspect.Parameter.empty if text is None else ast.literal_eval(text) for key, text in documented.items()
    }
    assert read == defaults
    assert {key: type(value) for key, value in read.items()} == {key: type(value) for key, value in defaults.items()}


@pytest.mark.parametrize("name", PUBLIC)
def test_example_is_given(name):
    assert ">>> " in section(PUBLIC[name].__doc__, "Examples")


@pytest.mark.parametrize("name", PUBLIC)
def test_placeholders_are_filled(name):
    assert re.search(r"^ *\{\w+\}$", PUBLIC[name].__doc__, re.MULTILINE) is None


def test_defaults_are_read_from_the_parameters_only():
    doc = """Do.

    Parameters
    ----------
    a, b : int, default=3
        Size, see c : int, default=4.

    c : str
        Name.

    y : None
        Not used.

    Returns
    -------
    d : int
    """
    assert documented_defaults(doc) == {"a": "3", "b": "3", "c": None, "y": "None"}

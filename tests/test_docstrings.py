"""Docstrings say what the signatures say."""

import ast
import inspect
import json
import re
from collections import Counter
from itertools import pairwise

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
ENTRY = re.compile(r"\*{0,2}\w+(, \*{0,2}\w+)* : \S")

over_all = pytest.mark.parametrize("name", [*PUBLIC, *METHODS])


def doc_of(name):
    return inspect.cleandoc({**PUBLIC, **METHODS}[name].__doc__)


def section(doc, title):
    """Return the body of a numpydoc section, empty where there is none."""
    match = re.search(
        rf"^{title}\n-+\n(.*?)(?=^\S[^\n]*\n-{{3,}}\n|\Z)", inspect.cleandoc(doc), re.DOTALL | re.MULTILINE
    )
    return match[1] if match else ""


def misplaced_lines(doc, title):
    """Return the lines of a section that are neither an entry nor indented text below one."""
    lines = [line for line in section(doc, title).replace("\\\n", "").splitlines() if line]
    wrong = []
    for above, line in pairwise(["", *lines]):
        is_text = above and line.startswith("    ") and not ENTRY.match(line.lstrip())
        if not is_text and not ENTRY.match(line):
            wrong.append(line)
    return wrong


def repeated_titles(doc):
    titles = re.findall(r"^(\S.*)\n-{3,}$", inspect.cleandoc(doc), re.MULTILINE)
    return [title for title, count in Counter(titles).items() if count > 1]


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


@over_all
def test_defaults_equal_the_signature(name):
    function = {**PUBLIC, **METHODS}[name]
    documented, defaults = documented_defaults(function.__doc__), signature_defaults(function)
    assert list(documented) == list(defaults)
    read = {
        key: inspect.Parameter.empty if text is None else ast.literal_eval(text) for key, text in documented.items()
    }
    assert read == defaults
    assert {key: type(value) for key, value in read.items()} == {key: type(value) for key, value in defaults.items()}


@pytest.mark.parametrize("title", ["Parameters", "Attributes"])
@over_all
def test_sections_are_entries_and_indented_text(name, title):
    assert misplaced_lines(doc_of(name), title) == []


@over_all
def test_sections_start_at_the_margin_and_once(name):
    assert re.search(r"^ +-{3,}$", doc_of(name), re.MULTILINE) is None
    assert repeated_titles(doc_of(name)) == []


def test_docstrings_survive_a_compiler_that_dedents_them(run_python):
    """Python 3.13 strips the common indent of a docstring when it compiles; what is filled in must be placed alike."""
    result = run_python(
        """
        import ast, json, sys
        from importlib.machinery import SourceFileLoader
        from operator import attrgetter
        import pandas, scikeras.wrappers, sklearn, tensorflow  # compiled as they are

        def compile_dedented(loader, data, path, **options):
            tree = ast.parse(data)
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
                    node.body[0].value.value = ast.get_docstring(node, clean=True)
            return compile(tree, path, "exec")

        SourceFileLoader.source_to_code = compile_dedented
        sys.pycache_prefix = "dedented"  # no compiled file from before is read, and none is left behind
        import skhybrid
        print(json.dumps({name: attrgetter(name)(skhybrid).__doc__ for name in sys.argv[1:]}))
        """,
        *PUBLIC,
    )
    assert result.returncode == 0, result.stderr
    dedented = json.loads(result.stdout)
    assert [name for name in PUBLIC if inspect.cleandoc(dedented[name]) != doc_of(name)] == []


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


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (["a, b : int, default=3", "    Size."], []),
        (["**options : dict of str to \\", "object", "    More."], []),
        (["a : int", "    Size.", "    b : int", "    Size."], ["    b : int"]),
        (["    a : int", "b : int"], ["    a : int"]),
        (["    Size.", "a : int"], ["    Size."]),
        (["a : int", "  Size."], ["  Size."]),
        (["a : int", "Size."], ["Size."]),
        (["a", "    Size."], ["a"]),
    ],
)
def test_misplaced_lines_are_seen(lines, wrong):
    doc = "\n".join(["Do.", "", "Parameters", "----------", *lines, "", "Returns", "-------", "c : int"])
    assert misplaced_lines(doc, "Parameters") == wrong


def test_repeated_title_is_seen():
    assert repeated_titles("Do.\n\nNotes\n-----\nOne.\n\nExamples\n--------\n\nNotes\n-----\nTwo.") == ["Notes"]

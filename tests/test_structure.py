"""The shape of the code: sizes, declared names, and the way of a fit through it."""

import ast
import importlib
import inspect
import sys
import textwrap
from pathlib import Path
from statistics import median

import numpy as np
import pytest

import skhybrid
from skhybrid import CNNLSTMRegressor

PACKAGE = Path(skhybrid.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in FILES}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path):
    return str(path.relative_to(PACKAGE))


def docstring_lines(tree):
    """Return the numbers of the lines that docstrings take."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS | ast.ClassDef | ast.Module) and ast.get_docstring(node, clean=False) is not None:
            found |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return found


def function_sizes():
    """Yield (function, number of lines of code) for each function of the package."""
    for path, tree in TREES.items():
        lines = path.read_text().splitlines()
        docs = docstring_lines(tree)
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                numbers = [n for n in range(node.lineno, node.end_lineno + 1) if n not in docs]
                code = [n for n in numbers if lines[n - 1].strip() and not lines[n - 1].lstrip().startswith("#")]
                yield f"{name_of(path)}:{node.name}", len(code)


def test_functions_are_short():
    sizes = dict(function_sizes())
    assert {name: size for name, size in sizes.items() if size > 40} == {}
    assert median(sizes.values()) <= 7


def test_modules_are_short():
    n_lines = {name_of(path): len(path.read_text().splitlines()) for path in FILES}
    assert {name: n for name, n in n_lines.items() if n > 400} == {}


def test_window_norm_is_read_in_two_files():
    named = [path.name for path in (PACKAGE / "estimators").glob("*.py") if ".window_norm" in path.read_text()]
    assert sorted(named) == ["_regressor.py", "_window_options.py"]


# Names that are used are declared


def classes_of_package():
    """Return the classes that are defined at the top of the package's modules, with their definitions."""
    found = {}
    for path, tree in TREES.items():
        module = importlib.import_module(".".join(["skhybrid", *path.relative_to(PACKAGE).with_suffix("").parts]))
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                found[getattr(module, node.name)] = node
    return found


def names_on_self(node, context):
    """Return the names of ``self.name`` in a class that are read, or stored, as `context` says."""
    return {
        inner.attr
        for inner in ast.walk(node)
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == "self"
        if isinstance(inner.ctx, context)
    }


def declared_names(cls, definitions):
    """Return the names that a class and those above it define, declare or store on `self`."""
    names = set()
    for base in cls.__mro__:
        names |= {*vars(base), *vars(base).get("__annotations__", {})}
        names |= names_on_self(definitions.get(base) or definition_of(base), ast.Store)
    return names


def definition_of(cls):
    """Return the definition of a class of another package; an empty one where it is not written in Python."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError):
        return ast.Module([], [])


def undeclared_names(cls, definitions):
    return names_on_self(definitions[cls], ast.Load) - declared_names(cls, definitions)


@pytest.fixture(scope="module")
def definitions():
    return classes_of_package()


def test_every_name_on_self_is_declared_in_its_class_or_above(definitions):
    found = {cls.__qualname__: undeclared_names(cls, definitions) for cls in definitions}
    assert {name: names for name, names in found.items() if names} == {}


def test_undeclared_name_is_seen(definitions):
    class Calling:
        def fit(self):
            self.a = 1
            return self._hook() + self.a

    node = ast.parse(
        "class Calling:\n    def fit(self):\n        self.a = 1\n        return self._hook() + self.a"
    ).body[0]
    assert undeclared_names(Calling, {**definitions, Calling: node}) == {"_hook"}


# The way of a fit


def frames_to_first_operation(model, X, y):
    """Return the frames of the package, as (file, function), from `fit` to the first call of TensorFlow's operation."""
    stacks = []

    def watch(frame, event, argument):
        if event == "call" and frame.f_code.co_name == "stateful_partitioned_call" and not stacks:
            stack = []
            while frame:
                stack.append(frame.f_code)
                frame = frame.f_back
            stacks.append(stack[::-1])

    sys.setprofile(watch)
    try:
        model.fit(X, y)
    finally:
        sys.setprofile(None)
    ours = [code for code in stacks[0] if code.co_filename.startswith(str(PACKAGE))]
    # A comprehension has a frame of its own before Python 3.12.
    return [(name_of(Path(code.co_filename)), code.co_name) for code in ours if code.co_name != "<listcomp>"]


def test_way_of_a_fit_is_short():
    X = np.random.default_rng(0).normal(size=(40, 6, 1))
    model = CNNLSTMRegressor(2, units=2, epochs=2, random_state=0)
    model.fit(X, X[:, -1, 0])  # builds the program
    assert frames_to_first_operation(model, X, X[:, -1, 0]) == [
        ("_validation.py", "fit_with_short_words"),
        ("estimators/_regressor.py", "fit"),
        ("estimators/_base.py", "_fit"),
        ("estimators/_members.py", "train_all"),
        ("estimators/_members.py", "_train"),
        ("_training/loops.py", "train"),
        ("_training/compiled_loop.py", "train_compiled"),
        ("_training/compiled_loop.py", "_train_unwatched"),
        ("_training/compiled_loop.py", "_train_epoch"),
        ("_training/compiled_loop.py", "train"),
        ("_training/state.py", "train"),
        ("_training/program.py", "__call__"),
    ]


# Public names


def test_type_checkers_see_the_public_names():
    tree = TREES[PACKAGE / "__init__.py"]
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module.removeprefix("skhybrid").lstrip(".")
        for node in block.body
        for alias in node.names
        if alias.asname == alias.name
    }
    assert seen == {**skhybrid._HOME, "networks": ""}


def test_package_works_without_docstrings(run_python):
    """Python leaves them out with -OO, and then there is nothing to fill."""
    done = run_python(
        "import subprocess, sys\n"
        "code = 'import skhybrid; print(skhybrid.CNNLSTMRegressor(4).filters)'\n"
        "print(subprocess.run([sys.executable, '-OO', '-c', code], capture_output=True, text=True).stdout)"
    )
    assert done.stdout.split() == ["4"], done.stderr

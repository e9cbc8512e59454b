"""The import table: which folder of the package may see which, and what of other packages."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import skhybrid

PACKAGE = Path(skhybrid.__file__).parent

# What a folder, or a module beside the folders, may import from. It may also import from itself: there, imports must
# not run in a circle, and a module whose name starts with an underscore is seen by its own folder alone.
MAY_SEE = {
    "_input": set(),
    "_validation": {"_input"},
    "_backend": set(),
    "_nested": set(),
    "_progress": set(),
    "series": {"_validation", "_nested", "_progress"},  # data needs no TensorFlow
    "datasets": {"_validation"},
    "networks": {"_validation", "_backend"},
    "_training": {"_backend"},  # it is handed a model
    # Of series, the carrier of X.
    "estimators": {"_validation", "_backend", "_progress", "series", "networks", "_training"},
    "engine": {"_validation", "_backend", "_training"},
    "inspection": {"_validation", "_backend", "_nested"},  # estimators by their public interface only, here and below
    "displays": {"_validation", "inspection"},
    "evaluation": {"_validation", "_nested", "series", "displays"},
    "forecasting": {"_validation", "_backend", "_progress", "series", "estimators", "displays"},
}
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def module_of(path):
    """Return the dotted name of a file inside the package; that of a folder for its `__init__`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def imports_of(tree):
    """Yield (module, name) of each import; `import a` gives ("a", "")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (("." * node.level + (node.module or ""), alias.name) for alias in node.names)


def package_imports(tree):
    """Return the modules of the package that are imported; a public name of the package counts as its module."""
    found = set()
    for module, name in imports_of(tree):
        if module.split(".")[0] != "skhybrid":
            continue
        inner = module.removeprefix("skhybrid").lstrip(".")
        longer = f"{inner}.{name}".strip(".")
        found.add(longer if longer in MODULES else inner or skhybrid._HOME.get(name, name))
    return found


def folder_of(module):
    return module.split(".")[0]


def is_private_to(module):
    """Return the folder that alone may see a module, or None."""
    *folders, name = module.split(".")
    return ".".join(folders) if folders and name.startswith("_") else None


def wrong_imports(module, tree):
    """Return the modules that `module` must not import."""
    package = module if MODULES.get(module, Path()).name == "__init__.py" else module.rpartition(".")[0]
    return {
        other
        for other in package_imports(tree) - {module}
        if folder_of(other) not in MAY_SEE[folder_of(module)] | {folder_of(module)}
        or not f"{package}.".startswith(f"{is_private_to(other) or package}.")
    }


def trees():
    return {module: ast.parse(path.read_text()) for module, path in MODULES.items()}


def has_circle(imports):
    """Return whether modules, as {module: those it imports}, import each other in a circle."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError:
        return True
    return False


over_files = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))


@over_files
def test_imports_keep_to_the_table(path):
    assert folder_of(module_of(path)) in MAY_SEE, f"{module_of(path)} is new: give it a line in the table"
    assert wrong_imports(module_of(path), ast.parse(path.read_text())) == set()


def test_imports_form_no_circle():
    assert not has_circle({module: package_imports(tree) - {module} for module, tree in trees().items()})


def test_circle_is_seen():
    assert has_circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})


def test_table_names_what_exists():
    assert set(MAY_SEE) == {folder_of(module) for module in MODULES}


def test_map_shows_the_table():
    rows = re.findall(r"^\| `(\w+)[./`][^|]*\|[^|]*\|(.*)\|$", (PACKAGE / "README.md").read_text(), re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", others)) for name, others in rows} == MAY_SEE


@over_files
def test_imports_are_absolute(path):
    assert [module for module, _ in imports_of(ast.parse(path.read_text())) if module.startswith(".")] == []


@over_files
def test_private_scikit_learn_stays_in_validation(path):
    private = [
        f"{module}.{name}"
        for module, name in imports_of(ast.parse(path.read_text()))
        if module.split(".")[0] == "sklearn" and any(part.startswith("_") for part in [*module.split("."), name])
    ]
    assert private == [] or module_of(path) == "_validation"


@over_files
def test_keras_comes_through_backend(path):
    loud = {"tensorflow", "keras", "scikeras"}
    found = {module.split(".")[0] for module, _ in imports_of(ast.parse(path.read_text()))} & loud
    assert found == (loud if module_of(path) == "_backend" else set())


@over_files
def test_matplotlib_is_imported_inside_functions(path):
    top = ast.Module(
        [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)], []
    )
    assert "matplotlib" not in {module.split(".")[0] for module, _ in imports_of(top)}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("series.windows", "from skhybrid._training import loops"),
        ("series.windows", "from skhybrid._backend import keras"),
        ("_validation", "import skhybrid.series.windows"),
        ("_training.loops", "from skhybrid.networks import NETWORKS"),
        ("networks.hybrid", "from skhybrid import DenseRegressor"),
        ("evaluation.comparison", "def compare():\n    from skhybrid.estimators import regressors"),
        ("evaluation.comparison", "from skhybrid.evaluation.leakage._alteration import alter_rows"),
        ("displays.windows", "from skhybrid.inspection._private import anything"),
    ],
)
def test_table_refuses(module, line, monkeypatch):
    monkeypatch.setitem(MODULES, "inspection._private", PACKAGE / "inspection" / "_private.py")
    assert wrong_imports(module, ast.parse(line))


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("series.windows", "from skhybrid.series._history import remember"),
        ("evaluation.leakage.check", "from skhybrid.evaluation.leakage._alteration import alter_rows"),
        ("evaluation.leakage.check", "from skhybrid.evaluation._plan import make_plan"),
        ("displays.training", "from skhybrid.inspection import reach_network"),
    ],
)
def test_table_allows(module, line):
    assert not wrong_imports(module, ast.parse(line))

"""The import table: which module of the package may see which, and what of other packages."""

import ast
from itertools import product
from pathlib import Path

import pytest

import skhybrid

PACKAGE = Path(skhybrid.__file__).parent

# A module imports from the levels above its line in this table only, never from its own.
DATA = {"windows", "subsequences", "features", "datasets", "baselines", "metrics", "significance"}
INNER = {"_engine", "_bridge", "_estimators", "_architectures", "regressors", "classifiers"}
OUTER = {"windowed", "inspection", "displays", "_trials", "_report", "comparison", "leakage"}
LEVELS = [
    {"_checks", "_docs", "_quiet", "_alteration"},
    {"_history", "networks"},
    DATA,
    {"_fused", "_normalisation", "_quantiles"},
    {"_programs"},
    {"_engine", "engine"},
    {"_bridge"},
    {"_estimators"},
    {"_architectures"},
    {"regressors", "classifiers"},
    {"windowed", "inspection"},
    {"displays"},
    {"_trials", "_report"},
    {"comparison", "leakage"},
]
LEVEL = {module: level for level, modules in enumerate(LEVELS) for module in modules}
FORBIDDEN = {
    ("_engine", "networks"),  # it is handed a builder
    ("_programs", "networks"),
    ("_fused", "networks"),
    *product({"_history", *DATA}, {"_quiet", "networks"}),  # data needs no TensorFlow
    *product(OUTER, INNER),  # public interface only
}
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def module_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(tree):
    """Yield (module, name) of each import; `import a` gives ("a", "")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (("." * node.level + (node.module or ""), alias.name) for alias in node.names)


def package_modules(tree):
    """Return the modules of the package that are imported; a public name of the package counts as its module."""
    dotted = [f"{module}.{name}".split(".") for module, name in imports_of(tree)]
    return {skhybrid._HOME.get(parts[1], parts[1]) for parts in dotted if parts[0] == "skhybrid"}


def wrong_edges(module, tree):
    seen = package_modules(tree) - {module}
    return {other for other in seen if LEVEL[other] >= LEVEL[module] or (module, other) in FORBIDDEN}


def is_private(module, name):
    return any(part.startswith("_") for part in [*module.split("."), name])


over_files = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))


@over_files
def test_imports_go_down_only(path):
    assert module_of(path) in LEVEL, f"{module_of(path)} is new: give it a level"
    assert wrong_edges(module_of(path), ast.parse(path.read_text())) == set()


@over_files
def test_imports_are_absolute(path):
    assert [module for module, _ in imports_of(ast.parse(path.read_text())) if module.startswith(".")] == []


@over_files
def test_private_scikit_learn_stays_in_checks(path):
    private = [
        f"{module}.{name}"
        for module, name in imports_of(ast.parse(path.read_text()))
        if module.split(".")[0] == "sklearn" and is_private(module, name)
    ]
    assert private == [] or module_of(path) == "_checks"


@over_files
def test_keras_comes_through_quiet(path):
    loud = {"tensorflow", "keras", "scikeras"}
    found = {module.split(".")[0] for module, _ in imports_of(ast.parse(path.read_text()))} & loud
    assert found == (loud if module_of(path) == "_quiet" else set())


@over_files
def test_matplotlib_is_imported_inside_functions(path):
    top = ast.Module(
        [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)], []
    )
    assert "matplotlib" not in {module.split(".")[0] for module, _ in imports_of(top)}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("windows", "from skhybrid.features import RollingFeatures"),
        ("windows", "from skhybrid import _engine"),
        ("windows", "from skhybrid._quiet import keras"),
        ("_checks", "import skhybrid.windows"),
        ("_engine", "from skhybrid.networks import NETWORKS"),
        ("_bridge", "from skhybrid import DenseRegressor"),
        ("comparison", "def compare():\n    from skhybrid._estimators import NetworkEstimator"),
    ],
)
def test_table_refuses(module, line):
    assert wrong_edges(module, ast.parse(line))

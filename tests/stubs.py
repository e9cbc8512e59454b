"""Writes what editors read of the estimators: their constructors and whole docstrings, which are made at import.

``python -m tests.stubs`` writes the files anew; a test compares them with what it would write.
"""

import ast
import inspect
import textwrap
from pathlib import Path
from types import ModuleType

import skhybrid
from skhybrid.estimators import classifiers, regressors

FOLDER = Path(skhybrid.__file__).parent / "estimators"
HEAD = """# Made by `python -m tests.stubs` of the module of this name: what editors show of it.
from collections.abc import Callable
from typing import Any

from skhybrid.estimators import _architectures as architectures
from skhybrid.estimators._{kind} import {bases}
"""


def stub_of(module: ModuleType) -> str:
    """Return the stub of a module of estimators."""
    tree = ast.parse(Path(module.__file__).read_text())
    definitions = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    kind = module.__name__.rpartition(".")[2].removesuffix("s")
    head = HEAD.format(kind=kind, bases=f"Network{kind.capitalize()}, Window{kind.capitalize()}")
    return "\n".join([head, *(_class_stub(getattr(module, node.name), node) for node in definitions)])


def _class_stub(cls, definition):
    bases = ", ".join(map(ast.unparse, definition.bases))
    signature = inspect.signature(cls)
    declared = ["self", *map(str, signature.parameters.values())]
    declared.insert(1 + sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in signature.parameters.values()), "*")
    body = f'"""{cls.__doc__.rstrip()}\n"""\n\ndef __init__(\n    ' + ",\n    ".join(declared) + ",\n) -> None: ..."
    text = body.replace("collections.abc.", "").replace("typing.", "")
    return f"class {cls.__name__}({bases}):\n{textwrap.indent(text, '    ')}\n"


STUBS = {FOLDER / f"{module.__name__.rpartition('.')[2]}.pyi": stub_of(module) for module in (regressors, classifiers)}

if __name__ == "__main__":
    for path, text in STUBS.items():
        path.write_text(text)

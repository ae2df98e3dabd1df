"""Fingerprint of the source code that a stage runs.

Docstrings, blank lines and comments of their own lines don't count: an edit of them redoes nothing.
"""

import ast
import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from waferloop.errors import UserError

PACKAGE = "waferloop"
ROOT = Path(__file__).parents[1]
GLUE = ("waferloop.settings", "waferloop.errors", "waferloop.registry")
"""What decides on no result: values of settings count where they are read, not their meanings."""
ALONE = ("waferloop.experiment.rig",)
"""Modules that call all others: what they import does not come with them."""


@cache
def fingerprint(names: tuple[str, ...]) -> str:
    """SHA-256 of the code of modules, and of all modules of this package that these import.

    Args:
        names: dotted; that of a package within this one stands for all its modules. Modules from
            elsewhere, which a registry may name, count alone.

    Raises:
        UserError: a module has no source code here.
    """
    found: set[str] = set()
    waiting = [module for name in names for module in modules(name)]
    while waiting:
        module = waiting.pop()
        if module in found or module in GLUE:
            continue
        found.add(module)
        if module not in ALONE:
            waiting += imports(module)
    digest = hashlib.sha256()
    for module in sorted(found):
        digest.update(f"{module} {_hash(module)}".encode())
    return digest.hexdigest()


@cache
def modules(name: str) -> tuple[str, ...]:
    """A module, or all of a package with its packages."""
    file = _file(name)
    if file.name != "__init__.py" or not file.is_relative_to(ROOT):
        return (name,)
    files = sorted(file.parent.rglob("*.py"))
    return tuple(".".join((PACKAGE, *_parts(file.relative_to(ROOT)))) for file in files)


def _parts(path: Path) -> tuple[str, ...]:
    parts = path.with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def _file(module: str) -> Path:
    first, *rest = module.split(".")
    if first == PACKAGE:
        path = ROOT.joinpath(*rest)
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        found = None
    if not (found and found.origin and found.origin.endswith(".py")):
        raise UserError(
            f"{module}: a registry names this module, but its source code is not found here; "
            "install it, or put its folder on PYTHONPATH"
        )
    return Path(found.origin)


def of_file(path: Path) -> str:
    """SHA-256 of the code of a file that is no module."""
    text = path.read_text()
    return hashlib.sha256(code(text, ast.parse(text)).encode()).hexdigest()


@cache
def _tree(module: str) -> tuple[str, ast.Module]:
    text = _file(module).read_text()
    return text, ast.parse(text)


@cache
def imports(module: str) -> tuple[str, ...]:
    """Modules of the package that a module imports, wherever in it."""
    found: list[str] = []
    for node in ast.walk(_tree(module)[1]):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        found += [n for n in names if n.startswith(f"{PACKAGE}.") and _file(n).is_file()]
    return tuple(dict.fromkeys(found))


@cache
def _hash(module: str) -> str:
    return hashlib.sha256(code(*_tree(module)).encode()).hexdigest()


def code(text: str, tree: ast.Module) -> str:
    """Source without docstrings, blank lines and lines that are comments."""
    texts: set[int] = set()
    documents: set[int] = set()
    for node in ast.walk(tree):
        alone = node.value if isinstance(node, ast.Expr) else None
        if isinstance(alone, ast.Constant) and isinstance(alone.value, str):
            # every text that stands alone documents something
            documents |= _lines(alone)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts |= _lines(node)
    kept = [
        line.rstrip()
        for number, line in enumerate(text.splitlines(), 1)
        if number not in documents
        and (number in texts or not line.lstrip().startswith("#"))
        and line.strip()
    ]
    return "\n".join(kept)


def _lines(node: ast.Constant) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))

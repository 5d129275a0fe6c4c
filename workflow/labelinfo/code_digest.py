"""Digest of the code behind a stage: the syntax trees, without docstrings, of all its modules.

Snakemake notices an edit of a script but not of a module that the script imports, and it reruns
after an edit of a comment. So each rule passes this digest as a parameter. Modules are found by
reading the source, never by importing, so a dry run does not load torch.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from labelinfo.errors import ConfigError

# Modules that never affect results: a changed message must not retrain a VAE. Settings affect a
# stage only by their values, which are params of its rule: it can read no default (`Settings.of`).
UNTRACKED = frozenset(
    {
        "labelinfo.config.field_types",
        "labelinfo.config.model_settings",
        "labelinfo.config.output_settings",
        "labelinfo.config.probe_settings",
        "labelinfo.errors",
        "labelinfo.jobs",
        "labelinfo.io.atomic",
        "labelinfo.io.checkpoints",
    }
)
# the package's own `__init__` computes nothing, so it counts as an empty file
_FRONT_DOOR = "labelinfo"
_EMPTY = ast.dump(ast.Module(body=[], type_ignores=[]))


def code_digest(script: Path, modules: tuple[str, ...], roots: tuple[Path, ...]) -> str:
    """Return 16 hexadecimal digits for the syntax trees of the code behind one stage.

    The code is the file ``script`` that the rule runs, what it imports, and ``modules``, such as a
    component chosen by name. Imports are followed in the folders ``roots``; the lock file fixes all
    other packages.

    Raises ConfigError if one of ``modules`` is not a module under ``roots``, or a file is not valid
    Python.
    """
    digest = hashlib.sha256(_tree(script).encode())
    for module in modules_behind(script, modules, roots):
        tree = _EMPTY if module == _FRONT_DOOR else _tree(find_module(module, roots))
        digest.update(f"\n{module}\n{tree}".encode())
    return digest.hexdigest()[:16]


def modules_behind(script: Path, modules: tuple[str, ...], roots: tuple[Path, ...]) -> list[str]:
    """Return the names of the modules that :func:`code_digest` covers, sorted."""
    for module in modules:
        if find_module(module, roots) is None:
            places = " or ".join(map(str, roots))
            raise ConfigError(f"The module {module!r} does not exist under {places}.")
    pending = [*_imports(script, None, roots), *modules]
    seen: set[str] = set()
    while pending:
        module = pending.pop()
        path = find_module(module, roots)
        if path is None or module in seen or module in UNTRACKED:
            continue
        seen.add(module)
        # importing a.b.c runs a and a.b as well
        if "." in module:
            pending.append(module.rpartition(".")[0])
        if module != _FRONT_DOOR:
            pending += _imports(path, module, roots)
    return sorted(seen)


@cache
def find_module(module: str, roots: tuple[Path, ...]) -> Path | None:
    """Return the file of a module under the first of ``roots`` that has it, or None."""
    for root in roots:
        base = root.joinpath(*module.split("."))
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


def defined_names(path: Path) -> set[str]:
    """Return the names of classes and variables that a file defines or imports at its top level.

    The top level is outside of functions and classes; a star import gives ``*``. Raises ConfigError
    if the file is not valid Python.
    """
    names: set[str] = set()
    nodes: list[ast.AST] = list(_parse(path).body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If | ast.Try | ast.With | ast.ExceptHandler):
            nodes += ast.iter_child_nodes(node)
        elif isinstance(node, ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


@cache
def _parse(path: Path) -> ast.Module:
    try:
        # bytes, because a file may declare its encoding
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        line, reason = getattr(error, "lineno", None) or 1, getattr(error, "msg", error)
        raise ConfigError(f"{path} is not valid Python: line {line}, {reason}.") from error


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    # statements at any depth, without expressions, which are nine tenths of a tree
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        for part in ("body", "orelse", "handlers", "finalbody", "cases"):
            pending += getattr(node, part, ())


@cache
def _imports(path: Path, module: str | None, roots: tuple[Path, ...]) -> list[str]:
    names = []
    for node in _statements(_parse(path)):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level and module is not None:
                package = module if path.name == "__init__.py" else module.rpartition(".")[0]
                for _ in range(node.level - 1):
                    package = package.rpartition(".")[0]
                base = f"{package}.{base}".rstrip(".")
            # `from package import module` names a module only by its last word
            below = (f"{base}.{alias.name}" for alias in node.names)
            names += [base, *(name for name in below if find_module(name, roots) is not None)]
    return names


@cache
def _tree(path: Path) -> str:
    tree = _parse(path)
    for node in _statements(tree):
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)

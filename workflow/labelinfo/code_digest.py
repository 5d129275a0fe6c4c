"""Digest of the code that a stage runs, blind to comments, docstrings and layout.

Snakemake notices an edit to a script but not to a module that the script imports, and it reruns on
a comment. Each rule therefore passes this digest as a parameter: the syntax trees, without
docstrings, of its script and of every module of ours that the script imports, directly or through
others. Modules are found by reading the source, never by importing, so that a dry run does not
load torch.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from labelinfo.errors import ConfigError

# Modules that report or carry and never compute: a nicer message must not retrain a VAE.
UNTRACKED = frozenset({"labelinfo.errors", "labelinfo.jobs", "labelinfo.io.atomic"})


def code_digest(script: Path | str, modules: tuple[str, ...] = (), root: Path | None = None) -> str:
    """Return a digest of the code behind one stage.

    Parameters
    ----------
    script
        The file that the rule runs.
    modules
        Modules used besides those that ``script`` imports, such as a component chosen by name.
    root
        Folder that holds the packages to follow, by default the one of ``labelinfo``. Imports from
        elsewhere are not followed: other people's packages are fixed by the lock file.

    Returns
    -------
    str
        16 hexadecimal digits; equal if and only if (up to hash collisions) the syntax trees are.

    Raises
    ------
    ConfigError
        If one of ``modules`` is not a module under ``root``, or a file is not valid Python.
    """
    root = Path(root or Path(__file__).parent.parent)
    script = Path(script)
    digest = hashlib.sha256(_tree(script).encode())
    for module in modules_behind(script, modules, root):
        digest.update(f"\n{module}\n{_tree(_find(module, root))}".encode())
    return digest.hexdigest()[:16]


def modules_behind(script: Path, modules: tuple[str, ...], root: Path) -> list[str]:
    """Return the names of the modules that :func:`code_digest` covers, sorted."""
    pending = list(_imports(script, None, root))
    for module in modules:
        if _find(module, root) is None:
            raise ConfigError(f"The module {module!r} does not exist under {root}.")
        pending.append(module)
    seen: set[str] = set()
    while pending:
        module = pending.pop()
        path = _find(module, root)
        if path is None or module in seen or module in UNTRACKED:
            continue
        seen.add(module)
        # importing a.b.c runs a and a.b as well
        if "." in module:
            pending.append(module.rpartition(".")[0])
        pending += _imports(path, module, root)
    return sorted(seen)


@cache
def _find(module: str, root: Path) -> Path | None:
    base = root.joinpath(*module.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise ConfigError(
            f"{path} is not valid Python: line {error.lineno}, {error.msg}."
        ) from error


@cache
def _imports(path: Path, module: str | None, root: Path) -> tuple[str, ...]:
    return tuple(_walk_imports(_parse(path), path, module, root))


def _walk_imports(tree: ast.Module, path: Path, module: str | None, root: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level and module is not None:
                package = module if path.name == "__init__.py" else module.rpartition(".")[0]
                for _ in range(node.level - 1):
                    package = package.rpartition(".")[0]
                base = f"{package}.{base}".rstrip(".")
            yield base
            # `from package import module` names a module only by its last word
            for alias in node.names:
                if _find(f"{base}.{alias.name}", root) is not None:
                    yield f"{base}.{alias.name}"


@cache
def _tree(path: Path) -> str:
    tree = _parse(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return ast.dump(tree)

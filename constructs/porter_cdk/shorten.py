"""Shorten a script for the user data, to the same bytes on every Python."""

from __future__ import annotations

import ast
import io
import string
import token as kinds
import tokenize
from collections.abc import Mapping

_LAYOUT = {kinds.COMMENT, kinds.NL, kinds.DEDENT, kinds.ENDMARKER}


def shorten(source: str) -> str:
    """Return `source` with short names, and without comments, docstrings and annotations.

    The script must not pass keyword arguments to its own functions, because arguments are renamed.
    It must not use f-strings: their syntax tree differs between versions of Python, and different
    user data replaces hosts.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        _drop_words(node)
    _tidy_imports(tree)
    _rename(tree)
    return _dense(ast.unparse(tree))


def _drop_words(node: ast.AST) -> None:
    if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node):
        del node.body[0]
    if isinstance(node, ast.FunctionDef):
        node.returns = None
    if isinstance(node, ast.arg):
        node.annotation = None


def _tidy_imports(tree: ast.Module) -> None:
    """Drop imports that only annotations used; merge the `import` statements."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in imports:
        node.names = [alias for alias in node.names if alias.name in used]
    plain = [alias for node in imports if isinstance(node, ast.Import) for alias in node.names]
    named = [node for node in imports if isinstance(node, ast.ImportFrom) and node.names]
    rest = [node for node in tree.body if node not in imports]
    tree.body = [ast.Import(names=plain), *named, *rest]


def _rename(tree: ast.Module) -> None:
    """Rename the script's own names to single letters. Functions share letters for locals."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    script = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    inner = {function: _bound(function.args, *function.body) for function in functions}
    outer = [function.name for function in functions] + _bound(*script)
    shared = dict(zip(dict.fromkeys(outer), string.ascii_letters, strict=False))
    free = string.ascii_letters[len(shared) :]
    for function, names in inner.items():
        function.name = shared[function.name]
        _apply(shared | dict(zip(names, free, strict=False)), function.args, *function.body)
    _apply(shared, *script)


def _bound(*nodes: ast.AST) -> list[str]:
    """Return the names bound below `nodes`: arguments, variables, caught exceptions."""
    below = [node for root in nodes for node in ast.walk(root)]
    names = [node.arg for node in below if isinstance(node, ast.arg)]
    names += [node.id for node in below if isinstance(node, ast.Name) and _stores(node)]
    names += [node.name for node in below if isinstance(node, ast.ExceptHandler) and node.name]
    return list(dict.fromkeys(names))


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _apply(short: Mapping[str, str], *nodes: ast.AST) -> None:
    for node in (below for root in nodes for below in ast.walk(root)):
        if isinstance(node, ast.arg):
            node.arg = short[node.arg]
        elif isinstance(node, ast.Name):
            node.id = short.get(node.id, node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            node.name = short[node.name]


def _dense(source: str) -> str:
    """Return `source` with one space for each indentation, and others only between words."""
    dense, depth = "", 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        depth += (token.type == kinds.INDENT) - (token.type == kinds.DEDENT)
        if token.type == kinds.NEWLINE:
            dense += "\n"
        elif token.type not in _LAYOUT | {kinds.INDENT}:
            if dense.endswith("\n"):
                dense += " " * depth
            elif _is_word(dense[-1:]) and _is_word(token.string[0]):
                dense += " "
            dense += token.string
    return dense


def _is_word(character: str) -> bool:
    return character.isalnum() or character in {"_", '"', "'"}

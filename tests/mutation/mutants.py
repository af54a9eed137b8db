"""Make the mutants of a module: each differs from it in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}
QUIET = {"_log", "cast", "field", "getLogger", "log", "print", "TypeVar"}
"""Calls whose arguments stay, because no test should depend on them."""

TYPES = {"Callable", "Literal", "Mapping", "Sequence", "dict", "frozenset", "list", "set", "tuple"}
"""An assignment of `NAME[...]` gives a type a name, which only mypy reads."""


@dataclass(frozen=True)
class Mutant:
    """A whole module as text; `before` and `after` are the changed piece, on line `line`."""

    line: int
    before: str
    after: str
    text: str

    def __str__(self) -> str:
        return f"{self.line}: {self.before} -> {self.after}"


def mutants_of(source: str) -> list[Mutant]:
    """Return every mutant of the module `source`, in the order of its lines."""
    tree = ast.parse(source)
    plain = ast.unparse(tree)
    found = []
    for node in [node for node in _code(tree) if isinstance(node, ast.expr | ast.stmt)]:
        for changed in [change for changes in _CHANGES for change in changes(node)]:
            before, after = _line(node), _line(changed)
            text = _unparsed(tree, node, changed)
            if text != plain:
                found.append(Mutant(node.lineno, before, after, text))
    return sorted(found, key=lambda mutant: (mutant.line, mutant.before, mutant.after))


def _unparsed(tree: ast.Module, node: ast.AST, changed: ast.AST) -> str:
    """Return `tree` as text with `changed` in the place of `node`; restore `node`."""
    kind, fields = node.__class__, node.__dict__
    node.__class__, node.__dict__ = changed.__class__, {**fields, **changed.__dict__}
    try:
        return ast.unparse(tree)
    finally:
        node.__class__, node.__dict__ = kind, fields


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """Walk the code that runs: no docstring, annotation, import, `__all__` or log message."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Assign) and _is_a_setting(node):
        return
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    yield node
    if isinstance(node, ast.Call) and _called(node.func) in QUIET:
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "format_spec"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _code(child)


def _is_a_setting(node: ast.Assign) -> bool:
    """Return whether `node` is `__all__`, a number in capitals or a type, which no test checks."""
    if isinstance(node.value, ast.Subscript) and _called(node.value.value) in TYPES:
        return True
    number = isinstance(node.value, ast.Constant) and isinstance(node.value.value, int | float)
    name = ast.unparse(node.targets[0])
    return name == "__all__" or (number and name.isupper())


def _called(function: ast.expr) -> str:
    while isinstance(function, ast.Attribute):
        if function.attr in QUIET:
            return function.attr
        function = function.value
    return function.id if isinstance(function, ast.Name) else ""


def _of_operator(node: ast.AST) -> Iterator[ast.AST]:
    """Yield other comparisons, sums and conditions."""
    match node:
        case ast.Compare(ops=[operator]):
            yield ast.Compare(node.left, [COMPARED[type(operator)]()], node.comparators)
        case ast.BoolOp(op=operator, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
            yield from (values[0], values[-1])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(op=operator) if type(operator) in COMPUTED:
            yield ast.BinOp(node.left, COMPUTED[type(operator)](), node.right)
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)


def _of_value(node: ast.AST) -> Iterator[ast.AST]:
    """Yield other constants, and tuples and sets that lack one of their items."""
    match node:
        case ast.Constant(value=value):
            yield from _other_values(value)
        case ast.Tuple(elts=[_, _, *_], ctx=ast.Load()) | ast.Set(elts=[_, _, *_]):
            for index in range(len(node.elts)):
                kept = [*node.elts[:index], *node.elts[index + 1 :]]
                yield ast.Set(kept) if isinstance(node, ast.Set) else ast.Tuple(kept, node.ctx)


def _of_call(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the other of `min` and `max`, no `sorted`, and calls that lack a keyword."""
    match node:
        case ast.Call(func=ast.Name(id="min" | "max" as name), args=args, keywords=keywords):
            other = ast.Name("max" if name == "min" else "min", ast.Load())
            yield ast.Call(other, args, keywords)
        case ast.Call(func=ast.Name(id="sorted"), args=[first, *_]):
            yield first
        case ast.Call(func=function, args=args, keywords=[_, *_]) if _called(function) not in QUIET:
            for index, keyword in enumerate(node.keywords):
                if ast.unparse(keyword) != "check=False":  # the default of `subprocess.run`
                    kept = [*node.keywords[:index], *node.keywords[index + 1 :]]
                    yield ast.Call(function, args, kept)


def _of_statement(node: ast.AST) -> Iterator[ast.AST]:
    """Yield conditions that always or never hold, and statements that do nothing."""
    match node:
        case ast.If(test=ast.expr(), body=body, orelse=orelse):
            for value in (True, False):
                yield ast.If(ast.Constant(value), body, orelse)
        case ast.Expr(value=ast.Call(func=function)) if _called(function) not in QUIET:
            yield ast.Pass()
        case ast.Raise():
            yield ast.Pass()
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()


_CHANGES = (_of_operator, _of_value, _of_call, _of_statement)


def _other_values(value: object) -> Iterator[ast.Constant]:
    match value:
        case bool():
            yield ast.Constant(not value)
        case int() | float():
            yield ast.Constant(value + 1)
        case str() | bytes() if value:
            yield ast.Constant(value[:0])


def _line(node: ast.AST) -> str:
    """Return the first line of `node` as text."""
    text = ast.unparse(node).partition("\n")[0]
    return text if len(text) <= 100 else f"{text[:97]}..."

"""Objectives as text, for the command line and for a picture's settings: "mixed4 + 1.5 * channel('mixed5', 12)"."""

import ast
import operator
from collections.abc import Callable
from typing import Any

from reverie.dream import objectives
from reverie.dream.objectives import Objective
from reverie.errors import ReverieError
from reverie.images.picture import Source

FUNCTIONS: dict[str, Callable[..., Objective]] = {
    "channel": objectives.channel,
    "neuron": objectives.neuron,
    "logit": objectives.logit,
    "like": objectives.like,
}
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
HOW = "Write layers and functions, such as \"mixed4 + 1.5 * channel('mixed5', 12)\"."


def parse(text: str, guide: "Source | None" = None) -> Objective:
    """The objective a text means; the text of every objective without masks or unnamed pictures reads as itself.

    Names and layer(name) stand for layers; with a guide picture, for likeness to it there. Numbers, + - *, parentheses,
    channel(name, index), neuron(name, index[, down, right]), logit(class), like(file, name), and
    .masked(file) behind any of them. Nothing is executed: only these few forms are read.
    Raises ReverieError for anything else.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
        result = _read(tree.body, guide)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ReverieError(f"The objective {text[:200]!r} cannot be read.", HOW) from error
    if not isinstance(result, Objective):
        raise ReverieError(f"The objective {text[:200]!r} is a number.", HOW)
    return result


def _read(node: ast.expr, guide: "Source | None") -> Any:
    """An Objective or a number. Raises ValueError for a form that is not allowed."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case (
            ast.Name(id=name)
            | ast.Call(func=ast.Name(id="layer"), args=[ast.Constant(value=str() as name)], keywords=[])
        ):
            return objectives.layer(name) if guide is None else objectives.like(guide, name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_read(operand, guide)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_read(left, guide), _read(right, guide))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*map(ast.literal_eval, arguments))
        case ast.Call(func=ast.Attribute(value=inner, attr="masked"), args=[argument], keywords=[]):
            return _read(inner, guide).masked(ast.literal_eval(argument))
    raise ValueError(ast.dump(node)[:100])

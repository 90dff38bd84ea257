"""Reads the texts under the profile's fields out of the source, so that the reference says what the code says."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from itertools import pairwise

from domain import company


@cache
def field_texts() -> dict[str, dict[str, str]]:
    """Return the text of each field by class and field; a field without one is left out."""
    tree = ast.parse(inspect.getsource(company))
    return {node.name: _texts(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _texts(node: ast.ClassDef) -> dict[str, str]:
    return {
        field.target.id: inspect.cleandoc(below.value.value)
        for field, below in pairwise(node.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }

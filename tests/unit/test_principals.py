"""Tests what a role includes."""

from __future__ import annotations

import pytest

from domain.errors import NotPermitted
from domain.principals import Principal, Role


def test_each_role_includes_those_before_it_and_no_other() -> None:
    roles = [Role.VIEWER, Role.AGENT, Role.EDITOR, Role.ADMIN]
    assert list(Role) == roles
    for position, role in enumerate(roles):
        assert [lower for lower in roles if role.includes(lower)] == roles[: position + 1]


def test_who_may_not_is_told_what_it_takes() -> None:
    Principal("grace", Role.EDITOR).require(Role.AGENT)
    with pytest.raises(NotPermitted, match="admin"):
        Principal("grace", Role.EDITOR).require(Role.ADMIN)

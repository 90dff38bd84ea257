"""Tests which role an identity provider's claims grant, and what is stored of a key."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.principals import Principal, Role, account_of, set_caller
from domain.staff_accounts import SealedKey, lookup_of, make_key, role_from_claims

ACCOUNT = UUID(int=7)
NAMED = {"support-leads": Role.EDITOR, "ada@acme.example": Role.ADMIN}


@pytest.mark.parametrize(
    ("claims", "claim", "role"),
    [
        ({"role": "agent"}, "role", Role.AGENT),
        ({"role": "Agent"}, "role", Role.AGENT),
        ({"roles": ["viewer", "Support-Leads", "unknown"]}, "roles", Role.EDITOR),
        ({"realm_access": {"roles": ["admin"]}}, "realm_access.roles", Role.ADMIN),
        ({"https://acme.example/role": "viewer"}, "https://acme.example/role", Role.VIEWER),
        ({"email": "Ada@acme.example", "email_verified": True}, "email", Role.ADMIN),
        ({"email": "ada@acme.example", "email_verified": False}, "email", None),
        ({"email": "ada@acme.example"}, "email", None),
        ({"role": "boss"}, "role", None),
        ({"role": None}, "role", None),
        ({"role": {"admin": True}}, "role", None),
        ({"role": "admin"}, "realm_access.roles", None),
        ({"realm_access": "admin"}, "realm_access.roles", None),
        ({}, "role", None),
    ],
)
def test_the_highest_role_that_the_claim_grants_counts(
    claims: dict[str, object], claim: str, role: Role | None
) -> None:
    assert role_from_claims(claims, claim, NAMED) is role


def test_a_sealed_key_opens_with_its_key_alone_and_holds_none_of_it() -> None:
    key = make_key()
    sealed, again = SealedKey.of(key), SealedKey.of(key)
    assert sealed.opens(key)
    assert not sealed.opens(make_key())
    assert not sealed.opens(key[:-1])
    assert sealed.digest != again.digest
    assert key.rpartition("_")[2].encode() not in sealed.digest + sealed.salt
    assert sealed.lookup == lookup_of(key)


@pytest.mark.parametrize("key", ["", "key", "staff_1_2", "xxxxx{key}", "{key} "])
def test_what_is_no_key_of_an_account_is_looked_up_nowhere(key: str) -> None:
    assert lookup_of(key.format(key=make_key())) is None


def test_an_act_of_the_system_within_a_call_is_not_the_callers() -> None:
    ada = Principal("Ada", Role.AGENT, ACCOUNT)
    set_caller(ada)
    assert account_of("Ada") == ACCOUNT
    assert account_of("system") is None

"""Tests that passwords, codes, cards and keys are masked, and that nothing else is."""

from __future__ import annotations

import pytest

from domain.sensitive import MASK, has_secret, mask_secrets


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("my two factor code is 483920, can you check if it works", "483920"),
        ("and my password is Hunter2!!", "Hunter2!!"),
        ("Password: geheim123", "geheim123"),
        ("Mein Passwort ist Sommer2024!", "Sommer2024!"),
        ("Mein Kennwort lautet „Blume“ danke", "Blume"),
        ("mi contraseña es Gato_77", "Gato_77"),
        ("mon mot de passe est Soleil!9", "Soleil!9"),
        ("a minha senha é Porto#1", "Porto#1"),
        ("mijn wachtwoord is Fiets99", "Fiets99"),
        ("la mia password è Roma2020", "Roma2020"),
        ("my card 4111 1111 1111 1111 exp 12/29", "4111 1111 1111 1111"),
        ("5500005555555559", "5500005555555559"),
        ("the PIN is 4821", "4821"),
        ("meine TAN lautet 993 817", "993 817"),
        ("le code de vérification est 118204", "118204"),
        ("OTP: 771204", "771204"),
        ("cvv 123", "123"),
        ("my password's Blue42!", "Blue42!"),
        ("Passwort lautet: Tr0ub4dor", "Tr0ub4dor"),
        ("the code is 483920", "483920"),
        ("key sk-abcdEFGH1234567890abcd", "sk-abcdEFGH1234567890abcd"),
        ("AKIAIOSFODNN7EXAMPLE fails", "AKIAIOSFODNN7EXAMPLE"),
    ],
)
def test_a_secret_is_masked(text: str, secret: str) -> None:
    assert mask_secrets(text) == text.replace(secret, MASK)
    assert has_secret(text)
    assert has_secret(mask_secrets(text))


@pytest.mark.parametrize(
    "text",
    [
        "How do I reset my password?", "my password is not working", "my password is wrong", "Password: forgotten",
        "the password is too short", "Mein Passwort ist abgelaufen", "mi contraseña es incorrecta",
        "my IBAN is DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "call me on +49 170 1234567",
        "TKT-0123456789", "error code 4832", "the code is in the mail", "order 1234567890123", "AUTH-423 at login",
        "the verification code is 6 digits", "two-factor code never arrives", "in 2024 we had 1200 users",
        "the login page is https://app.example/login?x=1", "4111 1111 1111 1112",
        "error code is 483920", "my password's gone",
    ],
)  # fmt: skip
def test_anything_else_stays_as_it_is(text: str) -> None:
    assert mask_secrets(text) == text
    assert not has_secret(text)

"""Blind signatures against the RFC's vectors, and what a signer must refuse."""

from __future__ import annotations

import json
import secrets
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from project_root import ROOT
from survey_app.blind_rsa import NotBlinded, PublicKey, blind_sign, is_signed, new_key, public_key

pytestmark = pytest.mark.once

VECTORS: list[dict[str, str]] = json.loads((ROOT / "tests/reference/rfc9474.json").read_text())
NAMES = [vector["name"] for vector in VECTORS]


def number(vector: dict[str, str], name: str) -> int:
    return int(vector[name], 16)


def private(vector: dict[str, str]) -> bytes:
    """The vector's key as our modules keep keys."""
    p, q, n, e, d = (number(vector, name) for name in "pqned")
    public = rsa.RSAPublicNumbers(e, n)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key().private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def message(vector: dict[str, str]) -> bytes:
    return bytes.fromhex(vector["msg_prefix"] + vector["msg"])


@cache
def own() -> bytes:
    return new_key()


@pytest.mark.parametrize("vector", VECTORS, ids=NAMES)
def test_signs_and_verifies_as_the_rfc_does(vector: dict[str, str]) -> None:
    key = private(vector)
    assert blind_sign(key, bytes.fromhex(vector["blinded_msg"])).hex() == vector["blind_sig"]
    public = public_key(key)
    assert public == PublicKey(number(vector, "n"), number(vector, "e"))
    unblinded = number(vector, "blind_sig") * number(vector, "inv") % public.modulus
    assert f"{unblinded:0{2 * public.size}x}" == vector["sig"]
    assert is_signed(public, message(vector), bytes.fromhex(vector["sig"]))


@pytest.mark.parametrize("vector", VECTORS, ids=NAMES)
def test_another_message_key_or_signature_is_not_signed(vector: dict[str, str]) -> None:
    public, signature = public_key(private(vector)), bytearray.fromhex(vector["sig"])
    said = message(vector)
    assert not is_signed(public, said[:-1], bytes(signature))
    assert not is_signed(public, b"\0" + said, bytes(signature))
    assert not is_signed(public_key(own()), said, bytes(signature))
    for place in (0, len(signature) // 2, -1):
        changed = bytes(signature[:place]) + bytes([signature[place] ^ 1])
        assert not is_signed(public, said, changed + bytes(signature[len(changed) :]))
    assert not is_signed(public, said, b"")
    assert not is_signed(public, said, bytes(signature) + b"\0")


def test_the_same_request_gets_the_same_signature_whatever_the_base_blinding() -> None:
    size = public_key(own()).size
    blinded = (2).to_bytes(size - 1, "big") + secrets.token_bytes(1)
    assert blind_sign(own(), blinded) == blind_sign(own(), blinded)


def refused() -> dict[str, bytes]:
    public = public_key(own())
    size, n = public.size, public.modulus
    return {
        "empty": b"",
        "short": bytes(size - 1),
        "long": bytes(size) + b"\x02",
        "zero": bytes(size),
        "one": (1).to_bytes(size, "big"),
        "minus one": (n - 1).to_bytes(size, "big"),
        "the modulus": n.to_bytes(size, "big"),
        "beyond it": b"\xff" * size,
    }


@pytest.mark.parametrize("kind", refused())
def test_what_is_no_blinded_message_is_refused(kind: str) -> None:
    with pytest.raises(NotBlinded):
        blind_sign(own(), refused()[kind])


def test_a_faulty_machine_gives_no_signature_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong half of the computation would give both primes away (Boneh et al. 1997)."""
    from survey_app import blind_rsa

    right: Any = blind_rsa._power

    def wrong(key: rsa.RSAPrivateNumbers, given: int) -> int:
        return int(right(key, given)) + key.q

    monkeypatch.setattr(blind_rsa, "_power", wrong)
    size = public_key(own()).size
    with pytest.raises(ArithmeticError):
        blind_sign(own(), (5).to_bytes(size, "big"))


def test_keys_are_of_the_declared_size_and_differ() -> None:
    first, second = public_key(own()), public_key(new_key())
    assert first.modulus.bit_length() == 2048 and first.exponent == 65537
    assert first.modulus != second.modulus

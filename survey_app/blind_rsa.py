"""RSA blind signatures (RFC 9474, RSABSSA-SHA384-PSS-Randomized): the signer's and verifier's side.

Whoever holds a token signed here can show that it was given out, and nobody can tell to whom: the
signer has seen only the blinded message. Keys are read, made and used here and nowhere else; the
signature itself is checked by `cryptography`.

Python's big integers are not constant in time. Each signature is therefore made of a message that
is blinded once more with a factor known to nobody else (base blinding, RFC 9474 section 7.1), and
checked before it leaves, so that a fault of the machine gives no factor of the key away.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from math import gcd

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

BITS, EXPONENT = 2048, 65537
SALT = 48
"""Bytes of salt: as many as SHA-384 gives (RFC 9474, section 5)."""
PREFIX = 32
"""Random bytes that stand before a token's message (PrepareRandomize, section 4.1)."""
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=SALT)


class NotBlinded(ValueError):
    """What was sent to be signed is no number below the key's modulus of the right length."""


@dataclass(frozen=True)
class PublicKey:
    """What phones are told: the modulus and the public exponent."""

    modulus: int
    exponent: int

    @property
    def size(self) -> int:
        """Bytes of a signature."""
        return (self.modulus.bit_length() + 7) // 8


def new_key() -> bytes:
    """A fresh private key as PKCS #8 DER, to be kept encrypted and destroyed after use."""
    key = rsa.generate_private_key(public_exponent=EXPONENT, key_size=BITS)
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_key(private: bytes) -> PublicKey:
    """The public part of the key ``private`` (as from ``new_key``)."""
    numbers = _numbers(private).public_numbers
    return PublicKey(numbers.n, numbers.e)


def blind_sign(private: bytes, blinded: bytes) -> bytes:
    """The signature of a blinded message (BlindSign, RFC 9474 section 4.3).

    ``blinded``: big-endian, exactly as long as the modulus. Raises NotBlinded for anything else.
    The same message gets the same signature, so that a phone may ask again.
    """
    key = _numbers(private)
    n, e = key.public_numbers.n, key.public_numbers.e
    size = (n.bit_length() + 7) // 8
    message = int.from_bytes(blinded, "big")
    if len(blinded) != size or not 1 < message < n - 1:
        raise NotBlinded
    factor = _unit(n)
    signed = _power(key, message * pow(factor, e, n) % n) * pow(factor, -1, n) % n
    if pow(signed, e, n) != message:
        raise ArithmeticError("a signature that does not verify is not given out")
    return signed.to_bytes(size, "big")


def is_signed(public: PublicKey, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is this key's for ``message`` (prefix and token; section 4.5)."""
    key = rsa.RSAPublicNumbers(public.exponent, public.modulus).public_key()
    try:
        key.verify(signature, message, _PSS, hashes.SHA384())
    except InvalidSignature:
        return False
    return True


def _numbers(private: bytes) -> rsa.RSAPrivateNumbers:
    key = serialization.load_der_private_key(private, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("not an RSA key")
    return key.private_numbers()


def _unit(n: int) -> int:
    """A random number that has an inverse modulo ``n``."""
    while True:
        found = secrets.randbelow(n - 2) + 2
        if gcd(found, n) == 1:
            return found


def _power(key: rsa.RSAPrivateNumbers, message: int) -> int:
    """``message`` to the private exponent, by both primes (RFC 8017, section 5.1.2)."""
    first = pow(message, key.dmp1, key.p)
    second = pow(message, key.dmq1, key.q)
    return second + key.q * ((first - second) * key.iqmp % key.p)

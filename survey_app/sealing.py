"""Short secrets that must lie in the store, encrypted by a key that never does (AES-256-GCM)."""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12
"""Bytes of nonce before the ciphertext."""


def seal(secret: bytes, purpose: str, plain: bytes) -> bytes:
    """``plain`` encrypted for one purpose, by a key derived from ``secret`` for it alone."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(secret, purpose).encrypt(nonce, plain, None)


def unseal(secret: bytes, purpose: str, sealed: bytes) -> bytes:
    """What was sealed; raises cryptography's InvalidTag for another secret, purpose or content."""
    return _cipher(secret, purpose).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)


def _cipher(secret: bytes, purpose: str) -> AESGCM:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"seal " + purpose.encode())
    return AESGCM(derived.derive(secret))

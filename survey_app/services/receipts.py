"""Receipts 回执: numbers that only this site can make, known again without a list of them.

A receipt is sealed like a ticket's check sign, but with a key. No table of receipts is kept: one
would tell in which backup a number that somebody has shown first appeared.
"""

from __future__ import annotations

import hashlib
import hmac

_BODY, _SEAL = 16, 8
"""Digits that stand for the response (53 bits), and digits that only the key's holder can add."""


def receipt(key: bytes, response: str) -> str:
    """The receipt of a stored response: 24 digits that do not lead back to it without the key."""
    body = _digits(key, response, _BODY)
    return body + _digits(key, body, _SEAL)


def is_receipt(key: bytes, number: str) -> bool:
    """Whether this site has made the number; whether the response is still there it cannot say."""
    if len(number) != _BODY + _SEAL or not (number.isascii() and number.isdigit()):
        return False
    return hmac.compare_digest(number[_BODY:], _digits(key, number[:_BODY], _SEAL))


def _digits(key: bytes, text: str, count: int) -> str:
    number = int.from_bytes(hmac.new(key, text.encode("ascii"), hashlib.sha256).digest(), "big")
    return f"{number % 10**count:0{count}d}"

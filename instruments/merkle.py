"""The published list of receipts: one number, its head, that stands for all answers of a cycle.

A leaf is the hash of an answer as it is stored and of a nonce that came with it; a receipt is a
short number made of the leaf. Leaves tell nothing about answers. Whoever has a receipt finds it in
the list as long as the answer stands unchanged; a changed, added or dropped answer gives another
leaf and so another head. Leaves are kept in as many parts as receipts begin with different pairs of
digits, so that a phone fetches one part, tells with it no more than two digits, and still arrives
at the head.

Hashing after RFC 9162, section 2.1.1; the head is the tree over the heads of the parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

NONCE = 16
"""Bytes of a nonce: 128 bits, so that no leaf is found by trying answers."""
DIGITS = 19
"""Digits of a receipt: 63 bits."""
PARTS = tuple(f"{number:02d}" for number in range(100))
"""First digits of receipts."""
_LEAF, _NODE = b"\x00", b"\x01"
"""Put before what is hashed, so that no node passes for a leaf."""


def leaf(answer: bytes, nonce: bytes) -> bytes:
    """The leaf of an answer: 32 bytes; ``nonce`` has exactly NONCE bytes, else ValueError."""
    if len(nonce) != NONCE:
        raise ValueError("a nonce has 16 bytes")
    return hashlib.sha256(_LEAF + nonce + answer).digest()


def receipt_number(leaf_hash: bytes) -> str:
    """The receipt of a leaf: DIGITS digits of its first twelve bytes."""
    return f"{int.from_bytes(leaf_hash[:12], 'big') % 10**DIGITS:0{DIGITS}d}"


def parted(leaves: Iterable[bytes]) -> Mapping[str, tuple[bytes, ...]]:
    """Leaves by the part of PARTS that their receipt begins with, sorted; every part is there."""
    found: dict[str, list[bytes]] = {part: [] for part in PARTS}
    for one in leaves:
        found[receipt_number(one)[:2]].append(one)
    return {part: tuple(sorted(ones)) for part, ones in found.items()}


def root(leaves: Sequence[bytes]) -> bytes:
    """The head of one tree (2.1.1): the hash of nothing for no leaf, a lone leaf for itself."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:  # the last of an odd level goes up as it is: the RFC's left-full tree
        pairs = [_joined(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def heads(parts: Mapping[str, Sequence[bytes]]) -> tuple[bytes, ...]:
    """The head of each part, as from ``parted``, in the order of PARTS."""
    return tuple(map(root, parts.values()))


def head(leaves: Iterable[bytes]) -> bytes:
    """The head of the whole list."""
    return root(heads(parted(leaves)))


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()

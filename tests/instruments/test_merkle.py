"""Trees against the vectors of the certificate logs, and by their properties."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.merkle import DIGITS, NONCE, PARTS, head, heads, leaf, parted, receipt_number, root

INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
          "606162636465666768696a6b6c6d6e6f")  # fmt: skip
"""Entries of the reference log (certificate-transparency, merkletree tests; RFC 6962 hashing)."""
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""Their heads after each entry."""
LEAVES = st.lists(st.binary(min_size=32, max_size=32), max_size=70, unique=True)


def plain(text: str) -> bytes:
    return hashlib.sha256(b"\x00" + bytes.fromhex(text)).digest()


@pytest.mark.parametrize("count", range(1, 9))
def test_heads_of_a_tree_are_the_reference_log_s(count: int) -> None:
    assert root([plain(one) for one in INPUTS[:count]]).hex() == ROOTS[count - 1]


def test_the_empty_list_has_the_hash_of_nothing() -> None:
    assert root([]) == hashlib.sha256(b"").digest()
    assert head([]) == root([root([])] * len(PARTS))


@given(LEAVES, st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_head_does_not_hang_on_the_order_of_arrival(
    leaves: list[bytes], generator: random.Random
) -> None:
    shuffled = leaves[:]
    generator.shuffle(shuffled)
    assert head(shuffled) == head(leaves)
    assert parted(shuffled) == parted(leaves)
    assert sorted(one for part in parted(leaves).values() for one in part) == sorted(leaves)


@given(LEAVES.filter(bool), st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_added_or_dropped_leaf_gives_another_head(
    leaves: list[bytes], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.binary(min_size=32, max_size=32).filter(lambda one: one not in leaves))
    rest = [*leaves[:place], *leaves[place + 1 :]]
    assert len({head(leaves), head(rest), head([*leaves, other]), head([*rest, other])}) == 4


@given(LEAVES.filter(bool), st.data())
@settings(max_examples=30, deadline=None)
def test_one_part_and_the_heads_of_the_others_lead_to_the_head(
    leaves: list[bytes], data: st.DataObject
) -> None:
    """What a phone does that has a receipt and fetches one part."""
    mine = data.draw(st.sampled_from(leaves))
    part = receipt_number(mine)[:2]
    known = list(heads(parted(leaves)))
    known[PARTS.index(part)] = root(parted(leaves)[part])
    assert mine in parted(leaves)[part]
    assert root(known) == head(leaves)


def test_receipts_are_uniform_in_their_first_digits() -> None:
    counts = {part: 0 for part in PARTS}
    for number in range(20_000):
        found = receipt_number(hashlib.sha256(str(number).encode()).digest())
        assert len(found) == DIGITS
        counts[found[:2]] += 1
    assert min(counts.values()) > 140 and max(counts.values()) < 260  # 200 ± 4 standard deviations


def test_a_leaf_hangs_on_answer_and_nonce() -> None:
    nonce = bytes(NONCE)
    found = {leaf(b"a", nonce), leaf(b"b", nonce), leaf(b"a", b"\1" * NONCE)}
    assert len(found) == 3
    for short in (b"", bytes(NONCE - 1), bytes(NONCE + 1)):
        with pytest.raises(ValueError, match="16 bytes"):
            leaf(b"a", short)

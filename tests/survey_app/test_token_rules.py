"""Small pure rules of rosters and tokens: what is read, who is listed, how long guesses wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.faults import FaultsFound
from survey_app import policies, token_policies
from survey_app.errors import Refused
from survey_app.pasted_roster import member, read_roster

pytestmark = pytest.mark.once


def can_list(state: str = "开放", wave: str = "end", **changes: int) -> bool:
    counts = {"enrolled": 30, "slips": 10, "listed": 20, "least": 5} | changes
    return policies.allowed(lambda: token_policies.check_can_list(state, wave=wave, **counts))


@pytest.mark.parametrize("state", policies.STATES)
def test_rosters_are_kept_while_their_wave_is_open(state: str) -> None:
    assert can_list(state) is (state == "开放")
    assert can_list(state, "followup") is (state == "跟踪开放")


@pytest.mark.parametrize(
    ("changes", "may"),
    [
        ({}, True),
        ({"listed": 21}, False),
        ({"slips": 11}, False),
        ({"listed": 5}, True),
        ({"listed": 4}, False),
    ],
)
def test_a_roster_is_neither_too_long_nor_too_short(changes: dict[str, int], may: bool) -> None:
    assert can_list(**changes) is may


@pytest.mark.parametrize("until", ["", "2021-13-01", "20210901", "2021-8-1", "2021-08-31", "明天"])
def test_the_last_day_is_a_day_to_come(until: str) -> None:
    token_policies.check_last_day("2021-09-01", today="2021-09-01")
    with pytest.raises(Refused, match="window_day"):
        token_policies.check_last_day(until, today="2021-09-01")


def test_a_window_is_over_after_its_last_day_or_by_hand() -> None:
    known = [
        token_policies.is_over(closed=closed, until="2021-09-02", today=today)
        for closed in (False, True)
        for today in ("2021-09-01", "2021-09-02", "2021-09-03")
    ]
    assert known == [False, False, True, True, True, True]


def test_guesses_wait_longer_each_time_and_a_class_does_not() -> None:
    waits = [token_policies.member_delay(n) for n in (0, 4, 5, 6, 15, 10**9)]
    assert waits == [0, 0, 5, 10, 5120, 21_600]
    assert [token_policies.crowd_delay(n) for n in (899, 900, 10**9)] == [0, 5, 60]
    tried, spent = 0, 0
    while spent < 86_400:
        tried += 1
        spent += token_policies.member_delay(tried)
    assert tried == 20  # as its docstring promises for a day


@given(st.text())
def test_whatever_is_pasted_is_read_or_refused_by_line(text: str) -> None:
    try:
        found = read_roster(text)
    except FaultsFound as refused:
        assert all(one.place is not None for one in refused.faults)
    else:
        assert found and len(set(found)) == len(found) and all(one.usable for one in found)


NAMES = st.text(st.sampled_from("阿不都王小明abc"), min_size=1, max_size=8)


@given(NAMES, st.from_regex(r"\d{4}", fullmatch=True), st.sampled_from([" ", "·", "•", "　", ""]))
def test_one_and_the_same_however_it_is_typed(name: str, secret: str, between: str) -> None:
    wide = "".join(chr(ord(digit) + 0xFEE0) if digit.isascii() else digit for digit in secret)
    typed = member(between.join(name.upper()), f" {wide} ")
    assert typed == member(name, secret) == member(name, f"1380000{secret}")

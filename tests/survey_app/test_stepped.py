"""What a board tells, against somebody who looks every day and knows every rule but the counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.stepped import FEW, NEARLY, SMALL, SOME, Span, Stepped, step

LEAST = 5
DAYS = [f"2021-07-{day:02d}" for day in range(1, 32)]
COUNTS = st.lists(st.integers(0, 9), max_size=12)
Told = Callable[[Mapping[str, int], int, str], object]


def told(counts: Sequence[int], *, enrolled: int, today: str) -> Stepped:
    return step({"online": dated(counts)}, enrolled=enrolled, least=LEAST, today=today)


def dated(counts: Sequence[int]) -> dict[str, int]:
    """Days without an answer have no entry in the store."""
    return {day: n for day, n in zip(DAYS, counts, strict=False) if n}


def test_days_wait_until_they_are_enough_together() -> None:
    found = told([7, 2, 2, 1, 9], enrolled=40, today=DAYS[4])
    assert (found.state, found.n) == (SOME, 12)
    assert found.spans == (Span(DAYS[0], 7, 7), Span(DAYS[3], 5, 12))
    assert (found.words, found.share) == ("12", "30%")
    assert told([20], enrolled=29, today=DAYS[4]).share == "69%"  # as anybody else rounds


def test_the_day_itself_is_not_told() -> None:
    assert told([9], enrolled=40, today=DAYS[0]).state == FEW
    assert told([9], enrolled=40, today=DAYS[1]).n == 9


def test_a_few_that_have_answered_or_are_missing_are_no_number() -> None:
    assert told([4], enrolled=40, today=DAYS[9]).words == "少于5份"
    nearly = [told([30, n], enrolled=40, today=DAYS[9]) for n in (6, 7, 10, 12)]
    assert {one.words for one in nearly} == {"36以上"} and len(set(nearly)) == 1
    assert nearly[0].share == "90%以上" and nearly[0].state == NEARLY
    assert told([30, 5], enrolled=40, today=DAYS[9]).n == 35
    assert told([29], enrolled=29, today=DAYS[9]).share == "86%以上"  # 25 of 29: never more


def test_a_class_below_the_minimum_tells_nothing_whatever_comes() -> None:
    found = {told(counts, enrolled=4, today=DAYS[9]) for counts in ([], [4], [1, 1], [0, 4])}
    assert {one.state for one in found} == {SMALL} and len(found) == 1
    assert told([4], enrolled=4, today=DAYS[9]).words == "不足5人，不列"


@given(COUNTS, st.integers(0, 60))
def test_between_two_views_come_none_or_enough(counts: list[int], enrolled: int) -> None:
    views = [told(counts, enrolled=enrolled, today=day) for day in DAYS[:14]]
    last = 0
    for place, (before, after) in enumerate(zip(views, views[1:], strict=False)):
        assert before.spans == after.spans[: len(before.spans)]
        if before != after:
            came = sum(counts[last : place + 1])
            assert came >= LEAST
            last = place + 1
    assert all(one.n <= sum(counts) for one in views)
    numbers = [span.n for one in views for span in one.spans if one.state == SOME]
    assert all(n >= LEAST for n in numbers)


def test_a_number_is_always_the_sum_of_what_was_told_before() -> None:
    for counts in product(range(7), repeat=4):
        found = told(counts, enrolled=60, today=DAYS[9])
        assert found.n == sum(span.n for span in found.spans)


def known(enrolled: int, days: int, show: Told) -> Iterator[tuple[str, set[int]]]:
    """All that somebody can work out who sees the board on each day and knows the rules: for each
    history of views and each run of days, the numbers that can have come; and can be missing."""
    worlds: dict[object, list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(enrolled + 1), repeat=days):
        if sum(counts) <= enrolled:
            views = tuple(show(dated(counts), enrolled, today) for today in DAYS[: days + 2])
            worlds[views].append(counts)
    for fitting in worlds.values():
        for start, stop in product(range(days), range(1, days + 1)):
            if start < stop:
                yield "came", {sum(one[start:stop]) for one in fitting}
        for stop in range(1, days + 1):
            yield "missing", {enrolled - sum(one[:stop]) for one in fitting}


def singled_out(enrolled: int, days: int, show: Told) -> set[str]:
    few = set(range(1, LEAST))
    return {what for what, numbers in known(enrolled, days, show) if numbers <= few}


@pytest.mark.parametrize("enrolled", [5, 6, 9, 10, 12, 16])
def test_nobody_can_work_out_that_one_to_four_have_come_or_are_missing(enrolled: int) -> None:
    """Exhaustively: every class of this size over three days, every history of views."""

    def show(by_day: Mapping[str, int], enrolled: int, today: str) -> Stepped:
        return step({"online": by_day}, enrolled=enrolled, least=LEAST, today=today)

    assert singled_out(enrolled, 3, show) == set()


def exact(by_day: Mapping[str, int], enrolled: int, today: str) -> object:
    total = sum(by_day.values())
    return total if total >= LEAST else "few"


def by_the_day(by_day: Mapping[str, int], enrolled: int, today: str) -> object:
    return exact({day: n for day, n in by_day.items() if day < today}, enrolled, today)


def merged_at_the_end(by_day: Mapping[str, int], enrolled: int, today: str) -> object:
    """Spans as they should be, but all that came is counted in the total."""
    found = step({"online": by_day}, enrolled=enrolled, least=LEAST, today=today)
    return found.spans, sum(n for day, n in by_day.items() if day < today) if found.n else 0


@pytest.mark.parametrize("leak", [exact, by_the_day, merged_at_the_end])
def test_a_board_that_tells_too_much_is_found_out(leak: Told) -> None:
    assert singled_out(12, 3, leak)


@pytest.mark.parametrize("paper", [(0, 3, 0), (5, 0, 0), (2, 6, 1)])
def test_who_knows_how_many_sheets_there_were_learns_no_more(paper: tuple[int, ...]) -> None:
    """The staff type the sheets, so they know: those that came online are stepped all the same. (Of
    those missing they can learn that they are few: decision record 18, limits.)"""

    def beside(by_day: Mapping[str, int], enrolled: int, today: str) -> Stepped:
        media = {"online": by_day, "paper": dated(paper)}
        return step(media, enrolled=enrolled + sum(paper), least=LEAST, today=today)

    def together(by_day: Mapping[str, int], enrolled: int, today: str) -> Stepped:
        days = Counter(by_day) + Counter(dated(paper))
        whole = enrolled + sum(paper)
        return step({"": days}, enrolled=whole, least=LEAST, today=today)

    assert "came" not in singled_out(12, 3, beside)
    assert "came" in singled_out(12, 3, together)

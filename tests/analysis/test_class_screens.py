"""Class screens: rare on honest classes, against farms, by closed forms, by properties."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from screened_classes import CHOICE, FARMS, FORM, LAST, PLAN, PROVINCES, Classes, farmed, honest

from analysis.class_screens import BY_CHANCE, RAISED, SCREENS, judge, screen_form
from analysis.class_screens.bursts import bursts, moments, tail
from analysis.class_screens.form import scored_items
from analysis.class_screens.likeness import likeness
from analysis.class_screens.shares import marked, overfull
from analysis.class_screens.tails import rarely, unlike
from analysis.simulate.days import Pace, answer_days

CELL = PLAN.thresholds.min_cell
LOOSE = Pace(together=0.5, reminded=0.6, moved=0.8)
"""A province in which half answer later, and most classes are reminded."""


@cache
def province(kind: str, seed: int, *, projects: int) -> Classes:
    """An honest province that several tests look at."""
    return honest(seed, settings=PROVINCES[kind], projects=projects)


def raised(found: pd.DataFrame) -> dict[str, int]:
    """Raised classes by screen, and by any."""
    rows = found[found["state"] == RAISED]
    return {s: int((rows["screen"] == s).sum()) for s in SCREENS} | {
        "any": rows["class_code"].nunique()
    }


def within(count: int, *, of: int, rate: float) -> bool:
    """Whether ``count`` is not too many for a rate of at most ``rate`` (one in a thousand)."""
    return count <= stats.binom.ppf(0.999, of, rate)


@pytest.mark.prove
@pytest.mark.parametrize("kind", PROVINCES)
def test_honest_classes_are_seldom_raised(kind: str, full_count: bool, proven) -> None:
    if not full_count and kind == "unlike":
        pytest.skip("by `make prove` alone")
    seeds = range(1, (15 if kind == "usual" else 5)) if full_count else (1,)
    parts = [
        province(kind, seed, projects=12 if full_count else 4)
        .found()
        .assign(class_code=lambda f, seed=seed: f"{seed}:" + f["class_code"])
        for seed in seeds
    ]
    found = pd.concat(parts)
    classes, seen = found["class_code"].nunique(), raised(found)
    assert within(seen.pop("any"), of=classes, rate=CHOICE.family_rate), seen
    for screen, count in seen.items():
        assert within(count, of=classes, rate=CHOICE.family_rate / len(BY_CHANCE)), screen
    assert seen["overfull"] == 0
    listed = ", ".join(f"{screen} {count}" for screen, count in seen.items())
    proven(f"{classes} honest classes ({kind}), raised: {listed}")


@pytest.mark.prove
@pytest.mark.parametrize("pace", [Pace(), LOOSE], ids=["usual", "loose"])
def test_days_of_honest_classes_raise_few(pace: Pace, full_count: bool, proven) -> None:
    counts, classes = [], 0
    for seed in range(28 if full_count else 4):
        days, sessions = drawn_days(seed, pace)
        found = judge(bursts(days, sessions=sessions, choice=CHOICE), choice=CHOICE, least=CELL)
        counts.append(raised(found)["burst"])
        classes += len(found)
    assert within(sum(counts), of=classes, rate=CHOICE.family_rate / len(BY_CHANCE))
    proven(f"{classes} honest classes: {sum(counts)} raised by their days")


def test_a_class_that_begins_late_is_no_burst_but_a_pile_after_it_is() -> None:
    """The form was opened a month after this class had ended; another's pile came a week later."""
    days, sessions = drawn_days(1, Pace())
    late = days["class_code"] == "C000"
    days.loc[late, "day"] = "2026-10-12"
    pile = days.index[days["class_code"] == "C001"][:20]
    days.loc[pile, "day"] = "2026-09-18"
    found = judge(bursts(days, sessions=sessions, choice=CHOICE), choice=CHOICE, least=CELL)
    assert set(found.loc[found["state"] == RAISED, "class_code"]) == {"C001"}
    assert found.set_index("class_code").loc["C000", "statistic"] == 0


def drawn_days(seed: int, pace: Pace) -> tuple[pd.DataFrame, pd.DataFrame]:
    generator = np.random.default_rng(seed)
    rows = [
        (f"C{code:03}", day)
        for code in range(72)
        for day in answer_days(
            int(generator.binomial(36, 0.85)), last=LAST, pace=pace, generator=generator
        )
    ]
    days = pd.DataFrame(rows, columns=["class_code", "day"])
    codes = sorted(set(days["class_code"]))
    return days, pd.DataFrame({"class_code": codes, "date": LAST})


POWER = {  # what must be seen of it, by any screen; what is not here is recorded only
    "bot 20, one day": 0.8,
    "bot 20 more than answered": 1.0,
    "clerk 10, same": 0.7,
    "clerk 20, some changed": 0.7,
    "class half careless": 0.7,
    "class pressed": 0.8,
}


@pytest.mark.prove
@pytest.mark.parametrize("kind", FARMS)
def test_power_against_farms(kind: str, full_count: bool, proven) -> None:
    """Least shares of planted classes that are raised; honest ones beside them stay quiet."""
    if not full_count and kind not in ("bot 20, one day", "clerk 20, some changed"):
        pytest.skip("by `make prove` alone")
    seen, planted, beside, others = [], 0, 0, 0
    for seed in range(1, 4) if full_count else (1,):
        base = province("usual", seed, projects=12 if full_count else 4)
        changed, chosen = farmed(base, kind=kind, every=12, seed=seed)
        found = changed.found()
        own = found["class_code"].isin(chosen)
        seen.append(raised(found[own]))
        planted, beside = planted + len(chosen), beside + raised(found[~own])["any"]
        others += found.loc[~own, "class_code"].nunique()
    shares = {key: sum(one[key] for one in seen) / planted for key in (*SCREENS, "any")}
    assert shares["any"] >= POWER.get(kind, 0.0), shares
    assert within(beside, of=others, rate=CHOICE.family_rate)
    listed = ", ".join(f"{key} {share:.2f}" for key, share in shares.items() if share)
    proven(f"{planted} classes with {kind}: {listed or 'none raised'}; {beside} of {others} others")


def test_without_levels_honest_classes_would_be_raised() -> None:
    """The fault that the test of honest classes finds: chance that does not know how content
    people are takes the content for copiers."""
    answers = province("ceiling", 1, projects=4).answers.assign(level=0.5)
    names = scored_items(FORM)
    found = likeness(answers, items=names, scored=names, choice=CHOICE)
    seen = raised(judge(found, choice=CHOICE, least=CELL))["any"]
    assert not within(seen, of=answers["class_code"].nunique(), rate=CHOICE.family_rate)


def test_tails_are_those_of_the_poisson_binomial() -> None:
    """scipy.stats.poisson_binom, which works by another way (FFT); and the binomial."""
    chance = np.array([0.1, 0.35, 0.5, 0.9, 0.07])
    agree = np.column_stack([chance, np.full(5, 0.3)])
    expected = [
        stats.poisson_binom.sf(np.arange(6) - 1, list(chance)),
        stats.binom.sf(np.arange(6) - 1, 5, 0.3),
    ]
    found = unlike(agree, 5)[::-1].T  # at most j unlike: at least 5 - j alike
    np.testing.assert_allclose(found, expected, atol=1e-12)
    for pair in (1e-9, 0.01, 0.2, 1.0):
        least, rare = rarely(agree, pair)
        assert least.tolist() == [int((tails > pair).sum()) for tails in np.array(expected)]
        closed = [np.append(tails, 0.0)[k] for tails, k in zip(expected, least, strict=True)]
        np.testing.assert_allclose(rare, closed, atol=1e-12)


def test_birthdays() -> None:
    """23 people: 253 pairs / 365 in the mean; one pair at least by 0.507 (von Mises 1939)."""
    pool = pd.DataFrame({"class_code": "pool", "day": [str(d) for d in range(365)] * 40})
    own = pd.DataFrame({"class_code": "own", "day": [str(d) for d in range(22)] + ["0"]})
    both = pd.concat([pool, own], ignore_index=True).assign(level=0.5)
    choice = replace(CHOICE, pool=100, band=10**6)
    found = likeness(both, items=["day"], scored=["day"], choice=choice).set_index(
        ["class_code", "screen"]
    )
    same = found.loc[("own", "identical")]
    assert same["statistic"] == 1
    assert same["expected"] == pytest.approx(253 / 365, rel=1e-3)
    assert same["p"] == pytest.approx(0.507, abs=0.01)


def test_pairs_alike_by_chance_are_as_many_as_expected() -> None:
    """Answers drawn by the very model: as many near pairs as the tails say."""
    generator = np.random.default_rng(4)
    shares = generator.dirichlet(np.ones(5), 12)
    drawn = {f"i{k}": generator.choice(list("12345"), 6000, p=shares[k]) for k in range(12)}
    frame = pd.DataFrame(drawn).assign(class_code=[f"c{n % 150:03}" for n in range(6000)])
    choice = replace(CHOICE, band=10**6, pair=0.005)
    found = likeness(frame.assign(level=0.5), items=list(drawn), scored=list(drawn), choice=choice)
    near = found[found["screen"] == "copied"]
    assert near["statistic"].sum() == pytest.approx(near["expected"].sum(), rel=0.15)
    assert within(int((near["p"] <= 0.01).sum()), of=150, rate=0.01)


def test_moments_find_the_planted_spread() -> None:
    generator = np.random.default_rng(2)
    n = generator.integers(20, 50, 4000).astype(float)
    found = generator.binomial(n.astype(int), generator.beta(2.0, 18.0, 4000)).astype(float)
    mean, spread = moments(found, n=n)
    assert mean == pytest.approx(0.1, abs=0.005)
    assert spread == pytest.approx(1 / 21, abs=0.01)


def test_day_tail_by_closed_forms() -> None:
    """No correlation: the binomial. Beta(1, 1): each number alike."""
    assert tail(4, n=10, mean=0.3, within=1e-9) == pytest.approx(
        stats.binom.sf(3, 10, 0.3), rel=1e-4
    )
    assert tail(8, n=10, mean=0.5, within=1 / 3) == pytest.approx(3 / 11)
    assert tail(0, n=10, mean=0.5, within=0.2) == 1.0


def test_marked_by_hand() -> None:
    """Eight heads of ten: 56 / 1024."""
    rows = pd.DataFrame({"class_code": "c", "marked": [True] * 8 + [False] * 2 + [None] * 3})
    (found,) = marked(rows.astype({"marked": "boolean"}), screen="quick", tolerated=0.5).to_dict(
        "records"
    )
    assert (found["n"], found["statistic"], found["expected"]) == (10, 8.0, 5.0)
    assert found["p"] == pytest.approx(56 / 1024)


def test_overfull_counts() -> None:
    classes = pd.DataFrame(
        {"class_code": list("abc"), "n": [30, 31, 9], "enrolled": [30, 30, None]}
    )
    found = judge(overfull(classes, spare=0), choice=CHOICE, least=CELL).set_index("class_code")
    assert found["state"].to_dict() == {"a": "clear", "b": "raised", "c": "unjudged"}


def screened(answers: pd.DataFrame, base: Classes) -> pd.DataFrame:
    found = screen_form(
        answers, instrument=FORM, classes=base.classes, sessions=base.sessions, choice=CHOICE
    )
    return found.sort_values(["screen", "class_code"], ignore_index=True)


def test_order_of_rows_and_names_of_classes_do_not_matter() -> None:
    base = province("usual", 1, projects=4)
    found = screened(base.answers, base)
    mixed = screened(base.answers.sample(frac=1.0, random_state=3).reset_index(drop=True), base)
    pd.testing.assert_frame_equal(mixed, found, rtol=1e-9)
    codes = sorted(set(base.answers["class_code"]))
    other = dict(zip(codes, codes[::-1], strict=True))
    swapped = replace(base, answers=base.answers.replace({"class_code": other}))
    again = screened(swapped.answers, swapped).replace({"class_code": other})
    again = again.sort_values(["screen", "class_code"], ignore_index=True)
    pd.testing.assert_frame_equal(again, found, rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)), st.integers(0, 10**6))
def test_names_of_items_and_codes_do_not_matter(order: list[int], seed: int) -> None:
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame({f"i{k}": generator.choice(list("abc"), 120) for k in range(5)}).assign(
        class_code=[f"c{n % 6}" for n in range(120)], level=generator.random(120)
    )
    choice = replace(CHOICE, pool=50, band=30, pair=0.05)
    names = [f"i{k}" for k in range(5)]
    found = likeness(frame, items=names, scored=names, choice=choice)
    renamed = frame.rename(columns={name: f"x{name}" for name in names}).replace(
        dict(zip("abc", "zqk", strict=True))
    )
    turned = [f"xi{k}" for k in order]
    other = likeness(renamed, items=turned, scored=turned, choice=choice)
    pd.testing.assert_frame_equal(other, found, rtol=1e-9)


def test_forms_without_scored_items_show_what_repeats() -> None:
    """All pairs are the same by chance where nothing is known; what repeats is counted."""
    frame = pd.DataFrame({"day": ["a", "a", *"bcdefgh"] * 20}).assign(level=0.5)
    frame["class_code"] = [f"c{n // 9:02}" for n in range(len(frame))]
    found = likeness(frame, items=["day"], scored=[], choice=replace(CHOICE, pool=20))
    assert found["statistic"].tolist() == [1.0] * 20 + [0.0] * 20
    assert (found.loc[found["screen"] == "identical", "expected"] == 36.0).all()


def test_limits() -> None:
    """Nobody, one answer, all the same, no session known."""
    base = province("usual", 1, projects=4)
    assert screened(base.answers.iloc[:0], base).empty
    alone = base.answers.iloc[:1]
    kept = base.answers[base.answers["class_code"] != alone["class_code"].iloc[0]]
    found = screened(pd.concat([kept, alone], ignore_index=True), base)
    own = judge(
        found[found["class_code"] == alone["class_code"].iloc[0]], choice=CHOICE, least=CELL
    )
    assert set(own["state"]) <= {"clear", "unjudged"}
    assert own.set_index("screen")["statistic"][["identical", "copied"]].tolist() == [0.0, 0.0]
    same = pd.concat([base.answers.iloc[[0]]] * 200, ignore_index=True)
    whole = same.assign(class_code=[f"P0C{n % 8}" for n in range(200)])
    unlike = judge(screened(whole, base), choice=CHOICE, least=CELL)
    assert (unlike.loc[unlike["screen"] == "identical", "state"] != RAISED).all()  # all are so
    nowhere = replace(base, sessions=base.sessions.iloc[:0])
    days = bursts(base.answers, sessions=nowhere.sessions, choice=CHOICE)
    assert days["p"].between(0.0, 1.0).all()

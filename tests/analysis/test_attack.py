"""The attacker finds what follows from published sums, and the cheapest cells stop him."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.disclosure import (
    attack,
    build_system,
    join_systems,
    rounded,
    suppress,
    withhold,
    withhold_now,
)
from frames import frame

SMALL = st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=2), min_size=2, max_size=3)


def system(told: dict[str, tuple[str, float]], *, high: float = np.inf, whole: bool = True):
    """Sums written as 'a b -c' with their published values."""
    terms = [
        (name, part.lstrip("-"), -1.0 if part.startswith("-") else 1.0)
        for name, (parts, _) in told.items()
        for part in parts.split()
    ]
    cells = sorted({cell for _, cell, _ in terms})
    return build_system(
        pd.DataFrame({"cell": cells, "low": 0.0, "high": high, "whole": whole}),
        terms=pd.DataFrame(terms, columns=["relation", "cell", "coefficient"]),
        relations=pd.DataFrame(
            [(name, value, value) for name, (_, value) in told.items()],
            columns=["relation", "low", "high"],
        ),
    )


def single(*cells: str) -> pd.DataFrame:
    return pd.DataFrame({"target": cells, "cell": cells, "coefficient": 1.0})


def interval(one, cell: str) -> tuple[float, float]:
    found = attack(one, targets=single(cell), enough=np.inf).iloc[0]
    return float(found["low"]), float(found["high"])


def two_way(counts: list[list[int]], *, sensitive: set[str], width: float = 1.0):
    """Frames for ``suppress``: inner cells 'r,c' from 1, totals with 0; a cell costs its count."""
    table = np.array(counts, dtype=float)
    full = np.pad(table, ((1, 0), (1, 0)))
    full[0, 1:], full[1:, 0], full[0, 0] = table.sum(axis=0), table.sum(axis=1), table.sum()
    rows, columns = full.shape
    cells = pd.DataFrame(
        [
            (f"{r},{c}", full[r, c], full[r, c] + 1.0, f"{r},{c}" in sensitive)
            for r, c in product(range(rows), range(columns))
        ],
        columns=["cell", "value", "cost", "sensitive"],
    ).assign(low=0.0, high=np.inf, whole=True, below=np.nan, above=np.nan)
    cells["width"] = np.where(cells["sensitive"], width, np.nan)
    lines = [(f"r{r}", [f"{r},{c}" for c in range(columns)]) for r in range(rows)]
    lines += [(f"c{c}", [f"{r},{c}" for r in range(rows)]) for c in range(columns)]
    sums = [(n, cell, 1.0 if not i else -1.0) for n, line in lines for i, cell in enumerate(line)]
    return cells, pd.DataFrame(sums, columns=["sum", "cell", "coefficient"])


def solutions(counts: list[list[int]], hidden: set[str]) -> list[np.ndarray]:
    """All tables of whole numbers with the same totals and the same cells that are not hidden."""
    table = np.array(counts)
    places = [tuple(int(k) - 1 for k in name.split(",")) for name in sorted(hidden)]
    most = [min(table[r].sum(), table[:, c].sum()) for r, c in places]
    found = []
    for values in product(*(range(int(end) + 1) for end in most)):
        one = table.copy()
        for place, value in zip(places, values, strict=True):
            one[place] = value
        same = all((one.sum(axis=a) == table.sum(axis=a)).all() for a in (0, 1))
        found += [one] if same else []
    return found


def test_handbook_example() -> None:
    """Hundepool et al. 2012, example 3 of section 4.2.2 (Geurts 1992): between 3 and 6."""
    told = {"r1": ("a b", 7.0), "r2": ("c d", 3.0), "c1": ("a c", 6.0), "c2": ("b d", 4.0)}
    assert interval(system(told), "a") == (3.0, 6.0)
    assert interval(system(told, whole=False), "a") == pytest.approx((3.0, 6.0), abs=1e-9)


def test_pattern_of_sdctable() -> None:
    """microdata1 of R sdcTable, one sensitive cell: its methods OPT, HITAS and HYPERCUBE all hide
    both genders in regions A and C (tests/testthat/test-protectTable.r)."""
    counts = [[18, 2], [14, 19], [12, 10], [11, 14]]
    cells, sums = two_way(counts, sensitive={"1,2"})
    found = suppress(cells.assign(cost=cells["value"]), sums=sums, rounds=50)
    hidden = set(found.cells.loc[found.cells["hidden"], "cell"])
    assert hidden == {"1,1", "1,2", "3,1", "3,2"}
    assert found.cost == found.bound == 40.0


@settings(max_examples=12)
@given(SMALL, st.sets(st.sampled_from(["1,1", "1,2", "2,1", "2,2"]), min_size=1, max_size=3))
def test_intervals_are_those_of_all_tables(counts: list[list[int]], hidden: set[str]) -> None:
    cells, sums = two_way(counts, sensitive=hidden)
    told = cells[~cells["cell"].isin(hidden)]
    one = build_system(
        cells[["cell", "low", "high", "whole"]],
        terms=pd.concat(
            [
                sums.rename(columns={"sum": "relation"}),
                pd.DataFrame({"relation": told["cell"], "cell": told["cell"], "coefficient": 1.0}),
            ]
        ),
        relations=pd.concat(
            [
                pd.DataFrame({"relation": sums["sum"].unique(), "low": 0.0, "high": 0.0}),
                pd.DataFrame(
                    {"relation": told["cell"], "low": told["value"], "high": told["value"]}
                ),
            ]
        ),
    )
    every = solutions(counts, hidden)
    for name in hidden:
        values = [int(t[tuple(int(k) - 1 for k in name.split(","))]) for t in every]
        assert interval(one, name) == (min(values), max(values))


@settings(max_examples=6)
@given(st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=2), min_size=2, max_size=2))
def test_no_cheaper_pattern_protects(counts: list[list[int]]) -> None:
    """Against every choice of further cells, inner ones and totals alike."""
    cells, sums = two_way(counts, sensitive={"1,1"})
    inner = cells["cell"].str.contains("0").map({True: np.nan, False: 1.0})
    cells = cells.assign(cost=cells["cost"] * inner)  # totals must be published
    names = [n for n in cells.loc[cells["cost"].notna(), "cell"] if n != "1,1"]
    price = cells.set_index("cell")["cost"]
    costs = []
    for size in range(len(names) + 1):
        for chosen in combinations(names, size):
            values = {int(t[0, 0]) for t in solutions(counts, {"1,1", *chosen})}
            costs += [float(price[list(chosen)].sum())] if len(values) > 1 else []
    if costs:
        found = suppress(cells, sums=sums, rounds=100)
        assert found.cost == pytest.approx(min(costs))
        assert found.bound == pytest.approx(found.cost)
    else:
        with pytest.raises(ValueError, match="stay disclosed"):
            suppress(cells, sums=sums, rounds=100)


def test_whole_people_tell_more_than_fractions() -> None:
    """3 x + 5 y = 11 has one solution in whole numbers, and a line of others."""
    terms = frame("""
        | relation | cell | coefficient |
        | sum      | x    | 3           |
        | sum      | y    | 5           |
    """)
    cells = pd.DataFrame({"cell": ["x", "y"], "low": 0.0, "high": np.inf, "whole": True})
    told = pd.DataFrame({"relation": ["sum"], "low": 11.0, "high": 11.0})
    whole = build_system(cells, terms=terms, relations=told)
    assert interval(whole, "x") == (2.0, 2.0)
    part = build_system(cells.assign(whole=False), terms=terms, relations=told)
    assert interval(part, "x") == pytest.approx((0.0, 11 / 3))


def test_a_printed_share_tells_the_number() -> None:
    """43 % of 30 enrolled can only be 13 people."""
    ends = rounded(pd.Series([0.43]), decimals=2) * 30
    one = build_system(
        pd.DataFrame({"cell": ["n"], "low": [0.0], "high": [np.inf], "whole": [True]}),
        terms=pd.DataFrame({"relation": ["rate"], "cell": ["n"], "coefficient": [1.0]}),
        relations=ends.assign(relation="rate"),
    )
    assert interval(one, "n") == (13.0, 13.0)


def test_differences_and_early_ends() -> None:
    one = system({"whole": ("a b c", 30.0), "part": ("a", 20.0)})
    rest = pd.DataFrame({"target": "rest", "cell": ["b", "c"], "coefficient": 1.0})
    found = attack(one, targets=rest, enough=1.0).iloc[0]
    assert (found["low"], found["high"], found["exact"]) == (10.0, 10.0, True)
    wide = attack(one, targets=single("b"), enough=1.0).iloc[0]
    assert not wide["exact"] and wide["high"] - wide["low"] >= 1.0
    assert interval(system({"d": ("a -b", 3.0)}), "b") == (0.0, np.inf)


@pytest.mark.parametrize("rows", [[0, 1, 2, 3], [3, 1, 0, 2]])
def test_the_order_of_rows_changes_nothing(rows: list[int]) -> None:
    told = {"r1": ("a b", 7.0), "r2": ("c d", 3.0), "c1": ("a c", 6.0), "c2": ("b d", 4.0)}
    names = [list(told)[place] for place in rows]
    mixed = system({name: told[name] for name in names})
    assert mixed.cells == ("a", "b", "c", "d") and mixed.relations == ("c1", "c2", "r1", "r2")
    assert interval(mixed, "d") == (0.0, 3.0)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="contradicts"):
        interval(system({"x": ("a b", 3.0), "y": ("a b", 4.0)}), "a")
    with pytest.raises(ValueError, match="not there"):
        attack(system({"x": ("a", 3.0)}), targets=single("z"), enough=1.0)
    one = system({"x": ("a b", 3.0)})
    with pytest.raises(ValueError, match="twice"):
        join_systems([one, one])
    needs = pd.DataFrame({"target": ["a"], "width": 1.0, "below": np.nan, "above": np.nan})
    costs = pd.DataFrame({"relation": ["x"], "cost": [0.0]})
    with pytest.raises(ValueError, match="not above zero"):
        withhold(one, targets=single("a"), needs=needs, costs=costs, rounds=1)


EARLIER = {"first P": ("a b", 20.0), "first b": ("b", 17.0)}
NEEDS = pd.DataFrame({"target": ["a"], "width": 1.0, "below": np.nan, "above": np.nan})


def test_what_was_told_before_is_a_relation_more() -> None:
    """The first bulletin withheld P's three and told the institution; the second must not tell
    the other project again, or the institution's sum: the cheaper of both goes."""
    earlier = system({"first whole": ("a b c", 43.0)})
    present = system({"now b": ("b", 17.0), "now c": ("c", 23.0)})
    assert interval(join_systems([earlier, present]), "a") == (3.0, 3.0)
    costs = pd.DataFrame({"relation": ["now b", "now c"], "cost": [17.0, 23.0]})
    found = withhold_now(
        [earlier], present, targets=single("a"), needs=NEEDS, costs=costs, rounds=20
    )
    assert (found.relations, found.cost, found.bound) == (("now b",), 17.0, 17.0)
    ends = found.intervals.iloc[0]
    assert (ends["low"], ends["high"]) == (0.0, 20.0)
    with pytest.raises(ValueError, match="stay disclosed"):  # what is out cannot be called back
        withhold_now(
            [system(EARLIER)], present, targets=single("a"), needs=NEEDS, costs=costs, rounds=20
        )


def test_stopped_early_it_still_protects_and_says_how_good_it_is() -> None:
    counts = [[20, 50, 10], [8, 19, 22], [17, 32, 12]]
    cells, sums = two_way(counts, sensitive={"2,3"}, width=20.0)
    best = suppress(cells, sums=sums, rounds=100)
    hasty = suppress(cells, sums=sums, rounds=1)
    assert best.cost == best.bound <= hasty.cost and hasty.bound <= best.cost
    for found in (best, hasty):
        row = found.cells.dropna(subset=["low"]).iloc[0]
        assert row["high"] - row["low"] >= 20.0
    levels = cells.assign(
        width=np.nan,
        below=np.where(cells["sensitive"], 10.0, np.nan),
        above=np.where(cells["sensitive"], 28.0, np.nan),
    )
    row = suppress(levels, sums=sums, rounds=100).cells.dropna(subset=["low"]).iloc[0]
    assert row["low"] <= 10.0 and row["high"] >= 28.0

"""Counts of answers against the engine's own expressions, row by row, and in any order of rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import counts, goalposts, simulate
from analysis.counts.engine import PROJECT, connect, quoted
from analysis.counts.products import Products, summed_products
from analysis.counts.tally import group
from province import (
    FRAMEWORK,
    INSTRUMENTS,
    TRAINEE,
    FolderExtract,
    catalogue,
    default_plan,
    simulated,
)

PLAN = default_plan()
LEAVES = {leaf.code for leaf in FRAMEWORK.leaves}
SCORING = goalposts.scoring(TRAINEE, plan=PLAN, leaves=LEAVES)


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> FolderExtract:
    folder = tmp_path_factory.mktemp("counted")
    programme = catalogue(projects=4, classes=2, size=25)
    return simulated(programme, folder, seed=3, settings=simulate.Settings())[1]


def flags_of(extract: FolderExtract) -> pd.DataFrame:
    response = extract.table(TRAINEE.table)["response"]
    return pd.DataFrame({"response": response, "excluded": np.arange(len(response)) % 5 == 0})


def counted(extract: FolderExtract) -> counts.Counts:
    read = counts.read_scored(extract, scoring=SCORING, items=())
    return counts.count_scores(read, flags=flags_of(extract).sort_values("response"))


def by_row(extract: FolderExtract) -> pd.DataFrame:
    """Class, whether kept, and each leaf's score as the engine gives it."""
    told = ", ".join(f"{leaf.score} AS {quoted(leaf.leaf)}" for leaf in SCORING.leaves)
    with connect(extract, scoring=SCORING) as engine:
        rows = engine.sql(f"SELECT r.response, r.class_code, {told} FROM answers r {PROJECT}").df()
    return rows.merge(flags_of(extract), on="response").assign(kept=lambda f: ~f["excluded"])


def test_cells_and_products_are_those_of_the_rows(extract: FolderExtract) -> None:
    found, rows = counted(extract), by_row(extract)
    leaves = [leaf.leaf for leaf in SCORING.leaves]
    kept = found.cells.where(found.cells.keys["kept"].to_numpy())
    table = kept.by_class().set_index(["class_code", "leaf"])
    products = found.products.kept().rows().set_index(["class_code", "leaf_a", "leaf_b"])
    for code, part in rows[rows["kept"]].groupby("class_code"):
        scores = part[leaves].to_numpy(dtype=float) / SCORING.unit
        given = ~np.isnan(scores)
        for k, leaf in enumerate(leaves):
            if given[:, k].any():
                assert table.loc[(code, leaf), "n"] == given[:, k].sum()
                assert table.loc[(code, leaf), "total"] == pytest.approx(np.nansum(scores[:, k]))
            for m, other in enumerate(leaves):
                both = given[:, k] & given[:, m]
                if both.any():
                    one = products.loc[(code, leaf, other)]
                    assert one["n"] == both.sum()
                    assert one["total_a"] == pytest.approx(scores[both, k].sum())
                    assert one["total_b"] == pytest.approx(scores[both, m].sum())
                    assert one["product"] == pytest.approx(
                        (scores[both, k] * scores[both, m]).sum()
                    )


def test_items_add_up_to_those_asked(extract: FolderExtract) -> None:
    items = counted(extract).items
    parts = items["n"] + items["not_applicable"] + items["missing"]
    assert (parts == items["asked"]).all() and items["asked"].sum() > 0


def test_order_of_rows_does_not_matter(extract: FolderExtract, tmp_path: Path) -> None:
    mixed = {
        form.table: extract.table(form.table)
        .sample(frac=1.0, random_state=2)
        .reset_index(drop=True)
        for form in INSTRUMENTS
    }
    other = FolderExtract(tmp_path, extract.tables | mixed)
    one, two = counted(extract), counted(other)
    # the flags were given by the place of a row: by its name here
    read = counts.read_scored(other, scoring=SCORING, items=())
    two = counts.count_scores(read, flags=flags_of(extract))
    for name in ("rows", "items", "asked", "mix"):
        pd.testing.assert_frame_equal(getattr(two, name), getattr(one, name))
    np.testing.assert_array_equal(two.cells.total, one.cells.total)
    np.testing.assert_array_equal(two.products.product, one.products.product)


def test_sums_that_could_be_too_large_are_exact() -> None:
    for most in (10, 10**7, 10**14):  # as floats, by parts, as large as may be
        values = most + np.arange(4000, dtype=np.int64).reshape(1, 2, 2000)
        found = summed_products(values, values)
        rows = values[0].tolist()
        expected = [[sum(a * b for a, b in zip(x, y, strict=True)) for y in rows] for x in rows]
        assert found[0].tolist() == [[float(one) for one in row] for row in expected]


def test_groups_are_sorted_with_nulls_last() -> None:
    rows = pd.DataFrame(
        {"a": pd.Categorical(["y", "x", None, "x"]), "kept": [True, True, False, True]}
    )
    found = group(rows)
    assert found.keys["a"].astype(object).tolist()[:2] == ["x", "y"]
    assert found.keys["a"].isna().tolist() == [False, False, True]
    assert found.number.tolist() == [1, 0, 2, 0] and found.size.tolist() == [2, 1, 1]


def test_products_name_both_orders() -> None:
    keys = pd.DataFrame({"class_code": ["c"], "kept": [True]})
    part = np.array([[2, 1, 3]])
    rows = Products(keys, ("a", "b"), part, part * 1.0, part * 10.0, part * 100.0).rows()
    told = rows.set_index(["leaf_a", "leaf_b"])
    assert told.loc[("b", "a"), ["total_a", "total_b"]].tolist() == [10.0, 1.0]
    assert told.loc[("a", "b"), ["total_a", "total_b"]].tolist() == [1.0, 10.0]

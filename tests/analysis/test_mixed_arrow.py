"""Equations that fall into blocks and a border, against the same solved whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.mixed import arrow, equations
from analysis.mixed.design import Design, design_of
from analysis.mixed.model import model_of

MODELS = {
    "reml": {"fixed": ["site", "leaf"], "method": "reml", "covariates": []},
    "covariate": {"fixed": ["site", "leaf"], "method": "reml", "covariates": ["x"]},
    "ml": {"fixed": ["leaf"], "method": "ml", "covariates": ["x"]},
    "few cells": {"fixed": ["leaf"], "method": "reml", "covariates": []},
}


def visits(sites: int = 40) -> pd.DataFrame:
    """Each site rated by three or four of eight raters in two sessions, on four leaves."""
    rows = [
        (f"s{site}", f"r{(site * 3 + k * 5) % 8}", f"s{site}d{session}", f"l{leaf}")
        for site in range(sites)
        for k in range(3 + site % 2)
        for session in range(2)
        for leaf in range(4)
    ]
    frame = pd.DataFrame(rows, columns=["site", "rater", "session", "leaf"])
    generator = np.random.default_rng(7)
    values = {"y": generator.normal(size=len(frame)), "x": generator.normal(size=len(frame))}
    return frame.assign(pair=frame["rater"] + frame["site"], **values)


def design(kind: str) -> Design:
    factors = ["rater", "pair", "session"]
    return design_of(model_of(visits(), value="y", factors=factors, **MODELS[kind]))


def whole(one: Design) -> Design:
    size = len(one.owner)
    return replace(one, arrow=arrow.Arrow(size, np.zeros((0, 0), dtype=int), np.arange(size)))


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("ratios", [(0.5, 0.2, 0.1), (0.0, 1e-7, 2.0), (300.0, 40.0, 0.0)])
def test_blocks_give_what_the_whole_gives(kind: str, ratios: tuple[float, ...]) -> None:
    one = design(kind)
    assert len(one.arrow.blocks) > 30
    both = one, whole(one)
    found, expected = (equations.solve(d, np.array(ratios)) for d in both)
    for name in ("main", "rest", "squares", "determinant"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), rtol=1e-8, atol=1e-9
        )
    for given in (False, True):
        pairs = zip(both, (found, expected), strict=True)
        inverses = [equations.inverse(d, s, given_fixed=given) for d, s in pairs]
        np.testing.assert_allclose(*inverses, atol=1e-8)
    parts = equations.moments(one, found), equations.moments(both[1], expected)
    for name in ("traces", "products", "information"):
        np.testing.assert_allclose(*(getattr(p, name) for p in parts), rtol=1e-7, atol=1e-8)


def test_every_column_has_one_place() -> None:
    found = design("covariate").arrow
    places = np.concatenate([found.blocks[found.blocks < found.size], found.border])
    assert sorted(places) == list(range(found.size))


def test_equations_without_a_solution_are_refused() -> None:
    one = design("reml")
    nothing = np.zeros((len(one.owner), len(one.owner)))
    scale = np.ones(len(one.owner))
    with pytest.raises(ValueError, match="cannot be told apart"):
        arrow.factored(one.arrow, nothing, scale=scale, one=np.zeros(len(one.owner)))

"""The search for the largest difference against all pairs of all draws, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ranks import marginal_sets, maxima, rank_sets
from analysis.ranks.errors import draw_errors
from analysis.ranks.marginal import own_critical_value
from analysis.ranks.maxima import critical_value


def independent(generator: np.random.Generator, size: int) -> np.ndarray:
    return np.diag(generator.uniform(0.05, 6.0, size) ** 2)


def shared(generator: np.random.Generator, size: int) -> np.ndarray:
    """Blocks of units with nearly all of their error in common, and one error of everybody."""
    block = generator.integers(0, max(1, size // 3), size)
    sd = generator.uniform(0.5, 3.0, size)
    same = np.where(block[:, None] == block[None, :], 0.95, 0.0) + 0.05 * np.eye(size)
    return np.outer(sd, sd) * same + 25.0


def factors(generator: np.random.Generator, size: int) -> np.ndarray:
    """Errors of either sign in common, and a rank below the number of units."""
    loading = generator.normal(0, 2, (size, max(1, size // 2)))
    return loading @ loading.T


def exact(generator: np.random.Generator, size: int) -> np.ndarray:
    """Some units have no error at all."""
    return np.diag(np.where(generator.random(size) < 0.4, 0.0, generator.uniform(0.1, 2.0, size)))


SHAPES = {one.__name__: one for one in (independent, shared, factors, exact)}


def every_t(sample: np.ndarray, se: np.ndarray, open_: np.ndarray) -> np.ndarray:
    """Largest open t of each draw, by looking at all of them."""
    difference = sample[:, :, None] - sample[:, None, :]
    t = np.abs(difference) / se
    return np.where(np.where(difference > 0, open_, open_.T), t, 0.0).max(axis=(1, 2))


cases = {
    "seed": st.integers(0, 100_000),
    "size": st.integers(2, 14),
    "shape": st.sampled_from(sorted(SHAPES)),
    "df": st.sampled_from([1.0, 6.0, np.inf]),
    "level": st.sampled_from([0.5, 0.9, 0.95, 0.999]),
}


@settings(max_examples=120)
@given(**cases)
def test_critical_value_equals_the_one_over_all_pairs(
    seed: int, size: int, shape: str, df: float, level: float
) -> None:
    """For any set of open directions, any covariance, any tail: the same float64."""
    generator = np.random.default_rng(seed)
    covariance = SHAPES[shape](generator, size)
    errors = draw_errors(covariance, draws=157, df=df, generator=generator)
    open_ = (generator.random((size, size)) < generator.random()) & ~np.eye(size, dtype=bool)
    maxima = every_t(errors.sample, errors.se, open_)
    expected = np.quantile(maxima, level, method="higher")
    assert critical_value(errors, open_=open_, level=level) == expected
    unit = int(generator.integers(size))
    own = np.zeros_like(open_)
    own[unit], own[:, unit] = open_[unit], open_[:, unit]
    found = own_critical_value(
        errors, unit=unit, above=open_[unit], below=open_[:, unit], level=level
    )
    assert found == np.quantile(every_t(errors.sample, errors.se, own), level, method="higher")


def plain_sets(score, *, covariance, level, draws, df, generator, only=None):
    """The paper's procedure with full matrices: low and high of all units, or of ``only``."""
    size, largest = len(score), max(np.diag(covariance).max(), 1e-9)
    root = np.linalg.cholesky(covariance + 1e-9 * largest * np.eye(size))
    sample = generator.standard_normal((draws, size)) @ root.T
    if df < np.inf:
        sample /= np.sqrt(generator.chisquare(df, draws) / df)[:, None]
    squared = np.diag(covariance)[:, None] + np.diag(covariance) - 2 * covariance
    se = np.sqrt(squared + np.eye(size))
    open_ = ~np.eye(size, dtype=bool)
    if only is not None:
        mine = np.arange(size) == only
        open_ &= mine[:, None] | mine[None, :]
    difference = score[:, None] - score[None, :]
    confirmed = np.zeros_like(open_)
    while True:
        critical = np.quantile(every_t(sample, se, open_), level, method="higher")
        new = open_ & (difference > critical * se)
        if not new.any():
            return 1 + confirmed.sum(axis=0), size - confirmed.sum(axis=1)
        confirmed, open_ = confirmed | new, open_ & ~new


@pytest.mark.parametrize("shape", ["independent", "shared"])
@pytest.mark.parametrize("df", [7.0, np.inf])
@pytest.mark.parametrize("seed", range(4))
def test_sets_equal_the_plain_procedure(shape: str, df: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    covariance = SHAPES[shape](generator, 16)
    score = generator.normal(80, 6, 16)
    arguments = {"covariance": covariance, "level": 0.9, "draws": 300, "df": df}
    low, high = plain_sets(score, generator=np.random.default_rng(5), **arguments)
    found = rank_sets(score, generator=np.random.default_rng(5), **arguments)
    assert (found.low.tolist(), found.high.tolist()) == (low.tolist(), high.tolist())
    assert (high - low).mean() < 15
    own = marginal_sets(score, generator=np.random.default_rng(5), **arguments)
    for unit in range(0, 16, 5):
        alone = plain_sets(score, generator=np.random.default_rng(5), only=unit, **arguments)
        assert (own.low[unit], own.high[unit]) == (alone[0][unit], alone[1][unit])


def test_blocks_of_draws_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many blocks, with a tail that makes many pairs worth looking at."""
    monkeypatch.setattr(maxima, "PAIRS", 700)
    generator = np.random.default_rng(2)
    errors = draw_errors(shared(generator, 40), draws=900, df=3.0, generator=generator)
    open_ = generator.random((40, 40)) < 0.3
    np.fill_diagonal(open_, False)
    expected = np.quantile(every_t(errors.sample, errors.se, open_), 0.95, method="higher")
    assert critical_value(errors, open_=open_, level=0.95) == expected


def test_few_pairs_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is what makes it fast: of 19,900 pairs a draw, a few hundred are looked at."""
    seen, plain = [], maxima.open_t
    monkeypatch.setattr(
        maxima,
        "open_t",
        lambda difference, **rest: seen.append(difference.size) or plain(difference, **rest),
    )
    generator = np.random.default_rng(4)
    errors = draw_errors(independent(generator, 200), draws=500, df=np.inf, generator=generator)
    critical_value(errors, open_=~np.eye(200, dtype=bool), level=0.95)
    assert sum(seen) < 0.05 * 500 * 200 * 199 / 2

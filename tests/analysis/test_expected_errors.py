"""The error to expect of a plan: against dense least squares, simulation, closed forms, limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.mixed import fit_crossed
from analysis.visit_plan.expected import expected_errors

SD = {"severity": 6.0, "rater_site": 3.0, "session": 3.0, "residual": 12.0}


def design(plan: dict[str, str], sessions: int = 2) -> pd.DataFrame:
    """Rows of a plan: project → letters of its experts."""
    return pd.DataFrame(
        [
            {"rater": rater, "project": project, "session": f"{project}-{s}"}
            for project, raters in plan.items()
            for rater in raters
            for s in range(sessions)
        ]
    )


RING = design({"P1": "AB", "P2": "BC", "P3": "CD", "P4": "DA"})
APART = design({"P1": "AB", "P2": "AB", "P3": "CD", "P4": "CD"})


def expected(rows: pd.DataFrame, *, dimensions: int = 1, blocks: int = 1, **changes: float):
    sd = SD | changes
    return expected_errors(rows, sd=sd, dimensions=dimensions, blocks=blocks, widen=1.5)


def dense(rows: pd.DataFrame, sd: dict[str, float], dimensions: int) -> np.ndarray:
    """(X' V^-1 X)^-1 of the plain model, row by dimension, averaged over the dimensions."""
    long = rows.loc[rows.index.repeat(dimensions)].reset_index(drop=True)
    long["leaf"] = list(range(dimensions)) * len(rows)
    pair = long["rater"] + long["project"]

    def dummies(column: pd.Series) -> np.ndarray:
        return pd.get_dummies(column).to_numpy(dtype=float)

    v = sd["residual"] ** 2 * np.eye(len(long))
    for column, name in (
        (long["rater"], "severity"),
        (pair, "rater_site"),
        (long["session"], "session"),
    ):
        v += sd[name] ** 2 * dummies(column) @ dummies(column).T
    cell = long["project"] + "~" + long["leaf"].astype(str)
    x = dummies(cell)
    covariance = np.linalg.inv(x.T @ np.linalg.solve(v, x))
    owner = pd.Series(sorted(cell.unique())).str.partition("~")[0]
    mean = dummies(owner).T / dimensions
    return mean @ covariance @ mean.T


@given(
    st.lists(st.sets(st.sampled_from("ABCDE"), min_size=2, max_size=3), min_size=2, max_size=5),
    st.integers(1, 2),
    st.integers(1, 3),
    st.sampled_from([0.0, 6.0]),
    st.sampled_from([0.0, 3.0]),
    st.sampled_from([0.0, 3.0]),
)
@settings(max_examples=60, deadline=None)
def test_as_dense_least_squares(panels, sessions, dimensions, severity, halo, session) -> None:
    plan = {f"P{n}": "".join(sorted(panel)) for n, panel in enumerate(panels)}
    rows, sd = design(plan, sessions), SD | {"severity": severity, "rater_site": halo}
    sd |= {"session": session}
    found = expected_errors(rows, sd=sd, dimensions=dimensions, blocks=1, widen=1.5)
    wanted = dense(rows, sd, dimensions)
    assert found.covariance == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    assert found.sites["se"].to_numpy() == pytest.approx(np.sqrt(np.diag(wanted)))
    k = len(wanted)
    pairs = [
        wanted[i, i] + wanted[j, j] - 2 * wanted[i, j] for i in range(k) for j in range(k) if i < j
    ]
    assert found.difference == pytest.approx(np.sqrt(np.mean(pairs)))


def test_as_the_scoring_finds_with_these_variances() -> None:
    """The model that scores the panel, fitted to data whose variances are known to it in effect:
    replicas of a design give REML estimates, whose covariance is then compared."""
    generator = np.random.default_rng(5)
    rows = pd.concat(
        [RING.assign(**{c: RING[c] + f"/{n}" for c in RING}) for n in range(15)], ignore_index=True
    ).assign(pair=lambda t: t["rater"] + t["project"])
    score = generator.normal(0, SD["residual"], len(rows))
    for column, name in (("rater", "severity"), ("pair", "rater_site"), ("session", "session")):
        levels = rows[column].unique()
        effect = dict(zip(levels, generator.normal(0, SD[name], len(levels)), strict=True))
        score = score + rows[column].map(effect).to_numpy()
    fit = fit_crossed(
        rows.assign(score=score),
        value="score",
        factors=["rater", "pair", "session"],
        fixed=["project"],
    )
    sd = {"severity": fit.sd["rater"], "rater_site": fit.sd["pair"]}
    sd |= {"session": fit.sd["session"], "residual": fit.sd["residual"]}
    found = expected_errors(RING, sd=sd, dimensions=1, blocks=1, widen=1.0)
    first = fit.fixed[fit.fixed["project"].str.endswith("/7")]
    assert found.sites["se"].to_numpy() == pytest.approx(first["se"].to_numpy(), rel=1e-6)


def test_as_simulated() -> None:
    """Site means by least squares, 4,000 times: their spread is what was expected (3 %)."""
    generator = np.random.default_rng(11)
    rows = RING.assign(pair=RING["rater"] + RING["project"])
    parts = [pd.get_dummies(rows[c]).to_numpy(dtype=float) for c in ("rater", "pair", "session")]
    spread = [SD["severity"], SD["rater_site"], SD["session"]]
    v = SD["residual"] ** 2 * np.eye(len(rows))
    v += sum(s**2 * z @ z.T for s, z in zip(spread, parts, strict=True))
    x = pd.get_dummies(rows["project"]).to_numpy(dtype=float)
    weight = np.linalg.solve(x.T @ np.linalg.solve(v, x), x.T @ np.linalg.inv(v))
    noise = generator.normal(0, SD["residual"], (4000, len(rows)))
    for s, z in zip(spread, parts, strict=True):
        noise += generator.normal(0, s, (4000, z.shape[1])) @ z.T
    means = noise @ weight.T
    found = expected(RING)
    assert means.std(axis=0) == pytest.approx(found.sites["se"].to_numpy(), rel=0.03)
    differences = [(means[:, i] - means[:, j]).var() for i in range(4) for j in range(i)]
    assert np.sqrt(np.mean(differences)) == pytest.approx(found.difference, rel=0.03)


def test_closed_form_without_shared_experts() -> None:
    """A site whose experts see nothing else: s² + h² over m, session² over s, residual² over ms."""
    for raters, sessions in (("AB", 1), ("ABC", 2)):
        rows = design({"P1": raters}, sessions)
        m = len(raters)
        wanted = (36 + 9) / m + 9 / sessions + 144 / (m * sessions)
        assert expected(rows).sites["se"].tolist() == pytest.approx([np.sqrt(wanted)])
        assert np.isnan(expected(rows).difference)


def test_a_third_expert_helps_and_so_do_dimensions() -> None:
    three = design({"P1": "ABC", "P2": "BCD", "P3": "CDA", "P4": "DAB"})
    assert expected(three).sites["se"].max() < expected(RING).sites["se"].min()
    assert expected(three).difference < expected(RING).difference
    assert expected(RING, dimensions=9).difference < expected(RING).difference


def test_without_severity_it_does_not_matter_who_goes() -> None:
    assert expected(RING, severity=0.0).difference == pytest.approx(
        expected(APART, severity=0.0).difference
    )
    assert expected(RING).difference < expected(APART).difference


def test_blocks_are_widened_as_the_scoring_does() -> None:
    apart, linked = expected(APART, blocks=2), expected(APART, blocks=1)
    assert apart.sites["se"].to_numpy() == pytest.approx(1.5 * linked.sites["se"].to_numpy())
    assert apart.difference == pytest.approx(1.5 * linked.difference)


@pytest.mark.parametrize(("residual", "dimensions"), [(0.0, 1), (12.0, 0)])
def test_no_residual_is_refused(residual: float, dimensions: int) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        expected(RING, residual=residual, dimensions=dimensions)


def test_a_session_of_two_projects_is_refused() -> None:
    with pytest.raises(ValueError, match="session"):
        expected(RING.assign(session="S1"))

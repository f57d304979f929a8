"""Frozen values that leave analysis or pass between its stages; every frame obeys its contract."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from instruments.methods import Plan
from instruments.model import Instrument
from instruments.programme import Cycle
from instruments.result_tables import RESULT_TABLES
from instruments.scorecard import Framework
from instruments.tables import conform

SURVEYS = (
    *(("trainee", "class", "end"), ("trainee", "session", "end")),
    *(("trainee", "class", "followup"), ("school", "sending", "followup")),
)
"""Subjects of the forms that scorecard A counts answers of; their clusters are classes."""
LOCAL_SURVEYS = (
    *(("school", "school", "end"), ("trainee", "class", "end")),
    *(("trainee", "class", "followup"), ("school", "sending", "followup")),
)
"""Subjects of the forms that scorecard B counts answers of; clusters are schools or classes."""
OBSERVATIONS = (
    *(("expert", "visit", "end"), ("expert", "project", "end"), ("expert", "class", "end")),
)
"""Subjects of the forms that scorecard A takes experts' ratings of."""
FOLLOWUP = "followup"
"""The wave that the first edition does not have yet."""


@dataclass(frozen=True, eq=False)
class Earlier:
    """What is known of an earlier cycle whose results are compared with."""

    cycle: str
    title: str
    day: str
    extract_sha256: str
    instruments: tuple[tuple[str, str], ...]
    """Code and version."""
    units: pd.DataFrame
    """As ``UNIT_RESULTS``."""


@dataclass(frozen=True, eq=False)
class Results:
    """All results of one cycle: frames per ``instruments.result_tables`` with their provenance.

    Scores, differences and standard errors are on 0-100, rates and probabilities on 0-1; frames
    are sorted by key. Construction raises ValueError when a frame breaks its contract.
    """

    cycle: Cycle
    day: str
    """Data cut-off, YYYY-MM-DD."""
    extract_sha256: str
    frameworks: tuple[Framework, ...]
    """Those that the results were computed by: the extract's, or later versions of them."""
    frozen: tuple[Framework, ...]
    """The extract's own."""
    plan: Plan
    instruments: tuple[Instrument, ...]
    provenance: tuple[tuple[str, str], ...]
    """Name and version of what computed the results; no machine's name, no clock."""
    units: pd.DataFrame
    indicators: pd.DataFrame
    items: pd.DataFrame
    pairs: pd.DataFrame
    bands: pd.DataFrame
    raters: pd.DataFrame
    variance: pd.DataFrame
    flags: pd.DataFrame
    sensitivity: pd.DataFrame
    classes: pd.DataFrame
    fields: pd.DataFrame
    focus: pd.DataFrame
    editions: pd.DataFrame
    reweighted: pd.DataFrame
    paired: pd.DataFrame
    class_screens: pd.DataFrame
    unraised: pd.DataFrame
    standing: pd.DataFrame
    leaders: pd.DataFrame
    robust_units: pd.DataFrame
    robust_bands: pd.DataFrame
    robust_pairs: pd.DataFrame
    left_out: pd.DataFrame
    sobol: pd.DataFrame
    effective: pd.DataFrame
    panel_agreement: pd.DataFrame
    decision: pd.DataFrame
    facets: pd.DataFrame
    facet_categories: pd.DataFrame
    facet_summary: pd.DataFrame
    response: pd.DataFrame
    nonresponse: pd.DataFrame
    bounds: pd.DataFrame
    benchmarks: pd.DataFrame
    effects: pd.DataFrame
    careless: pd.DataFrame
    shares: pd.DataFrame
    raking: pd.DataFrame
    scale_reliability: pd.DataFrame
    scale_items: pd.DataFrame
    invariance: pd.DataFrame
    band_claims: pd.DataFrame
    gates: pd.DataFrame
    contrast_ranks: pd.DataFrame
    contrast_weights: pd.DataFrame
    natural_units: pd.DataFrame
    natural_classes: pd.DataFrame
    natural_choice: pd.DataFrame
    years: pd.DataFrame
    fuzzy: pd.DataFrame
    fuzzy_grades: pd.DataFrame
    fuzzy_items: pd.DataFrame
    before: Earlier | None = None
    """The cycle that ``years`` compares with; None: with none."""

    def framework(self, scorecard: str) -> Framework:
        """The framework of ``scorecard``; raises KeyError when the cycle has none."""
        return {one.scorecard: one for one in self.frameworks}[scorecard]

    def __post_init__(self) -> None:
        for table in RESULT_TABLES:
            frame = conform(getattr(self, table.name), table=table)
            object.__setattr__(self, table.name, frame)

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """Frames by table name, in contract order."""
        return {table.name: getattr(self, table.name) for table in RESULT_TABLES}


@dataclass(frozen=True, eq=False)
class Estimates:
    """Leaf values of units with their covariance, as passed between stages.

    ``own``: covariance among the leaves of one unit (trainee forms, clusters are classes);
    ``panel``: covariance among all unit x leaf values of the experts' leaves, which units share
    because they share raters, in the order of unit first, then ``panel_leaves``.
    """

    units: tuple[str, ...]
    leaves: tuple[str, ...]
    value: np.ndarray
    """units x leaves on 0-100; NaN = not measured."""
    own: np.ndarray
    """units x leaves x leaves; zero for leaves that experts measure."""
    panel_leaves: tuple[str, ...]
    panel: np.ndarray
    """(units * panel_leaves) squared; zero rows for what is not measured."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Answers counted by class and traits, wide: a row for each cell of people, a column a leaf.

    Sums of points are whole multiples of 1/unit point, divided by it once.
    """

    keys: pd.DataFrame
    """class_code, maybe kept, one column per trait (null = not stated), sorted by them; maybe
    ``factor``, by which an answer of the cell weighs on its class's weight."""
    leaves: tuple[str, ...]
    n: np.ndarray
    """cells x leaves: answers that have a score of the leaf."""
    total: np.ndarray
    """cells x leaves: sum of their scores, in points."""

    def where(self, chosen: np.ndarray) -> Cells:
        """The cells of which ``chosen`` is true."""
        return Cells(self.keys[chosen], self.leaves, self.n[chosen], self.total[chosen])

    def by_class(self) -> pd.DataFrame:
        """class_code, leaf, n, total: sums over the cells of a class, of leaves with answers."""
        of = self.keys["class_code"].astype("category").cat
        held, number = np.unique(of.codes.to_numpy(), return_inverse=True)
        n, total = (self._added(part, number, size=len(held)) for part in (self.n, self.total))
        row, place = np.nonzero(n)
        return pd.DataFrame(
            {
                "class_code": pd.Categorical.from_codes(held[row], of.categories),
                "leaf": pd.Categorical.from_codes(place, list(self.leaves)),
                "n": n[row, place],
                "total": total[row, place],
            }
        )

    @staticmethod
    def _added(values: np.ndarray, number: np.ndarray, *, size: int) -> np.ndarray:
        columns = [np.bincount(number, weights=column, minlength=size) for column in values.T]
        return np.stack(columns, axis=1) if columns else np.zeros((size, 0))


@dataclass(frozen=True)
class ItemScore:
    """Engine expressions for one scored item: its ``score`` and whether it was ``asked``."""

    item: str
    indicator: str
    score: str
    asked: str
    alone: bool
    """Whether both depend on the item's own code and on the project, and on nothing else."""


@dataclass(frozen=True)
class LeafScore:
    """Engine expression for one leaf's score of a response, and the items it is the mean of."""

    leaf: str
    items: tuple[str, ...]
    score: str
    parts: tuple[ItemScore, ...]
    """The items as this leaf scores them."""


@dataclass(frozen=True)
class Scoring:
    """How one instrument version is scored, as expressions that the query engine evaluates."""

    instrument: Instrument
    unit: int
    """Scores are whole multiples of 1/unit point."""
    context: tuple[tuple[str, str], ...]
    """Context name and the expression that gives it."""
    traits: tuple[str, ...]
    """Trait items of this instrument that the plan adjusts for."""
    items: tuple[ItemScore, ...]
    leaves: tuple[LeafScore, ...]
    columns: tuple[tuple[str, str], ...] = ()
    """Names and expressions that are computed first, for scores of leaves to speak of."""

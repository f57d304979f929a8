"""A table of ratings that we did not make, read into one rating per row or refused with rows."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from instruments.faults import Fault, FaultsFound, Place, fault, refuse
from reports.foreign.tables import LABEL, UNCOMPUTED, clean, listed

BLANK = ("", "NA", "NaN")
"""What an empty cell looks like after export from spreadsheets, R and pandas."""


@dataclass(frozen=True)
class Columns:
    """Which columns of the table mean what; '' = the table has none."""

    value: tuple[str, ...]
    unit: str
    class_: str = ""
    respondent: str = ""
    rater: str = ""


@dataclass(frozen=True)
class Range:
    """The ratings' own scale. A scale from 0 or 1 is scored 100 x / high (so 1-5 gives 20..100,
    as the default plan does); any other (x - low) / (high - low) x 100."""

    low: float
    high: float

    @property
    def low_score(self) -> float:
        """Score of the lowest rating on 0-100."""
        return 100 * self.low / self.high if self.low in (0.0, 1.0) else 0.0


def parse_range(text: str) -> Range:
    """``1:5`` to a Range; raises FaultsFound when it is none."""
    parts = unicodedata.normalize("NFKC", text).split(":")
    try:
        low, high = (float(part) for part in parts)
    except ValueError:
        raise refuse("ratings.scale", scale=text) from None
    if not low < high or abs(low) == float("inf") or abs(high) == float("inf"):
        raise refuse("ratings.scale", scale=text)
    return Range(low, high)


def numbers(cells: pd.Series) -> pd.Series:
    """Cells as ratings: codes of labelled data, full-width digits folded, text NaN."""
    codes = cells.str.split(LABEL, n=1).str[0].map(lambda t: unicodedata.normalize("NFKC", t))
    return pd.to_numeric(codes.str.strip(), errors="coerce")


def names(cells: pd.Series) -> pd.Series:
    """Cells as names: labels of labelled data, NFC, trimmed."""
    return cells.str.split(LABEL, n=1).str[-1].map(clean)


def chosen_columns(table: pd.DataFrame, patterns: Iterable[str]) -> list[str]:
    """Columns named by ``patterns``; ``prefix*`` names all that begin so, in table order."""
    chosen: list[str] = []
    for pattern in patterns:
        stem = clean(pattern)
        starred = stem.endswith("*")
        found = [c for c in table.columns if (c.startswith(stem[:-1]) if starred else c == stem)]
        if not found:
            known = "、".join(map(str, table.columns))
            raise refuse("ratings.no_column", Place(row=1), column=pattern, known=known)
        chosen += [column for column in found if column not in chosen]
    return chosen


def collect_ratings(table: pd.DataFrame, *, columns: Columns, scale: Range) -> pd.DataFrame:
    """One row per row with a unit: ``unit``, ``class``, ``respondent``, ``rater``, ``value``.

    Several value columns are averaged within the row over those that are not blank; ``value`` is
    NaN in rows without any, which still tell of units and classes. Raises FaultsFound listing rows
    of cells that are no ratings, and rated rows that do not say of whom or by whom.
    """
    if not columns.value:
        raise refuse("ratings.no_value")
    if not columns.unit:
        raise refuse("ratings.no_unit")
    values = chosen_columns(table, columns.value)
    faults: list[Fault] = []
    scores = pd.DataFrame(
        {name: _checked(table[name], scale=scale, faults=faults) for name in values}
    )
    out = pd.DataFrame({"value": scores.mean(axis=1)})
    for key in ("unit", "class_", "respondent", "rater"):
        column = getattr(columns, key)
        source = table[chosen_columns(table, [column])[0]] if column else None
        out[key.rstrip("_")] = "" if source is None else names(source)
        if source is not None:
            faults += _listed("ratings.uncomputed", source[source == UNCOMPUTED])
    _check_filled(out, columns, faults)
    if faults:
        raise FaultsFound(faults)
    if out["value"].isna().all():
        raise refuse("ratings.no_rating")
    return out[~out["unit"].isin(BLANK)]


def _checked(cells: pd.Series, *, scale: Range, faults: list[Fault]) -> pd.Series:
    blank = names(cells).isin(BLANK)
    ratings = numbers(cells)
    uncomputed = cells == UNCOMPUTED
    faults += _listed("ratings.uncomputed", cells[uncomputed])
    strange = cells[ratings.isna() & ~blank & ~uncomputed]
    outside = cells[(ratings < scale.low) | (ratings > scale.high)]
    limits = {"low": f"{scale.low:g}", "high": f"{scale.high:g}"}
    faults += _listed("ratings.not_number", strange)
    faults += _listed("ratings.outside", outside, **limits)
    return ratings.mask(blank)


def _check_filled(out: pd.DataFrame, columns: Columns, faults: list[Fault]) -> None:
    for key in ("unit", "respondent", "rater"):
        column = getattr(columns, key)
        empty = out.loc[out[key].isin(BLANK) & out["value"].notna(), key]
        if column:
            faults += _listed(f"ratings.empty_{key}", empty.rename(column))


def _listed(code: str, cells: pd.Series, **details: str) -> list[Fault]:
    found = (
        fault(code, Place(row=int(row), column=str(cells.name)), value=shown(cell), **details)
        for row, cell in cells.items()
    )
    return listed(found, count=len(cells))


def shown(cell: str, longest: int = 40) -> str:
    """A cell's text for a message: one line, not too long."""
    text = " ".join(cell.split(LABEL)[0].split())
    return text if len(text) <= longest else text[: longest - 1] + "…"

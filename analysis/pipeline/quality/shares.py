"""Rows of ``shares``: how answers are distributed, and how many gave the highest, by item."""

from __future__ import annotations

import pandas as pd

from analysis import counts, disclosure, ordinal
from analysis.pipeline.quality.among import Among
from instruments.fit import UNSCORED_CODES
from instruments.model import Instrument
from instruments.quality_tables import EVERYWHERE, SHARE_RESULTS

TOP = "top"
"""Category of the highest answers (``ordinal.top``)."""
TOLD = ["n", "count", "share", "se", "low", "high"]


def frames(among: Among) -> dict[str, pd.DataFrame]:
    """``shares``: of all projects together every answer, of each project the top box alone."""
    parts = [pd.DataFrame(columns=SHARE_RESULTS.names)]
    if among.plan.ordinal is not None:
        parts += [_of_form(among, c) for c in among.data.trainee]
    full = [part for part in parts if len(part)]
    return {"shares": pd.concat(full or parts[:1], ignore_index=True)}


def _of_form(among: Among, counted: counts.Counts) -> pd.DataFrame:
    form = counted.scoring.instrument
    scales = _scales(form)
    rows = (
        counts.count_codes(
            among.extract, scoring=counted.scoring, flags=among.excluded(), items=tuple(scales)
        )
        if scales
        else pd.DataFrame(columns=["class_code", "project", "item", "code", "n"])
    )
    rows = rows[rows["project"].isin(among.shown) & ~rows["code"].isin(UNSCORED_CODES)]
    if rows.empty:
        return rows
    weights = among.weigh(counted, everything=False).classes[["class_code", "weight"]]
    rows = rows[rows["item"].isin(list(scales))]
    marked, boxes = _marked(rows, scales, top=among.plan.ordinal.top if among.plan.ordinal else 1)
    known = among.items[among.items["n"].notna()]
    told = pd.MultiIndex.from_frame(known[["unit", "item"]])
    shown = pd.MultiIndex.from_frame(marked[["project", "item"]]).isin(told)
    parts = [_blanks(marked[~shown])]
    if shown.any():
        own = marked[shown]
        parts = [
            _everywhere(among, own, boxes, weights),
            _each(among, own, boxes, weights),
            *parts,
        ]
    found = pd.concat(parts, ignore_index=True).rename(columns={"project": "unit"})
    return found.assign(instrument=form.code)


def _marked(
    rows: pd.DataFrame, scales: dict[str, tuple[str, ...]], *, top: int
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """``rows`` whose codes name their scale too, and each category's codes: one for every code of
    a scale and ``TOP``, so that items of all scales are counted at once."""
    place = {codes: str(k) for k, codes in enumerate(sorted(set(scales.values())))}
    boxes: dict[str, list[str]] = {}
    for codes, scale in place.items():
        for code in codes:
            boxes.setdefault(code, []).append(f"{scale} {code}")
        boxes.setdefault(TOP, []).extend(f"{scale} {code}" for code in codes[-top:])
    scale_of = rows["item"].map({item: place[codes] for item, codes in scales.items()})
    return rows.assign(code=scale_of + " " + rows["code"]), boxes


def _scales(form: Instrument) -> dict[str, tuple[str, ...]]:
    """Scored items to the codes of their scale, lowest first: those whose codes are numbers."""
    scored = {mapping.item for mapping in form.mappings}
    found = {}
    for item in form.items:
        codes = [c for c in (item.scale.codes if item.scale else ()) if c not in UNSCORED_CODES]
        if item.name in scored and codes and all(_is_number(code) for code in codes):
            found[item.name] = tuple(sorted(codes, key=float))
    return found


def _is_number(code: str) -> bool:
    return code.replace(".", "", 1).isdigit()


def _found(
    among: Among, rows: pd.DataFrame, boxes: dict[str, list[str]], weights: pd.DataFrame
) -> pd.DataFrame:
    choice = among.plan.ordinal
    assert choice is not None
    return ordinal.category_shares(
        rows, weights=weights, categories=boxes, level=choice.level, least_deff=choice.least_deff
    )


def _everywhere(
    among: Among, rows: pd.DataFrame, boxes: dict[str, list[str]], weights: pd.DataFrame
) -> pd.DataFrame:
    """All projects together that ``items`` tells about: every code and the top box; codes of few
    people, and as many of the next smallest as keep them from being the rest, show nothing, nor
    then does their top box."""
    every = _found(among, rows.assign(project=EVERYWHERE), boxes, weights)
    scale = rows.drop_duplicates("item").set_index("item")["code"].str.split(" ").str[0]
    own = every["item"].map(scale) + " " + every["category"]
    listed = {code for codes in boxes.values() for code in codes}
    every = every[own.isin(listed) | (every["category"] == TOP)].reset_index(drop=True)
    box = every["category"] == TOP
    few = (every["count"] < among.cell) | (box & (every["n"] - every["count"] < among.cell))
    each, top = every[~box], every[box]
    hidden = few.copy()
    hidden[~box] = disclosure.with_complement(
        few[~box], n=each["count"], group=each["item"], min_cell=among.cell
    )
    tops = set(boxes[TOP])
    high = (every["item"].map(scale) + " " + every["category"]).isin(tops)
    veiled = set(every.loc[hidden & high & ~box, "item"])
    hidden[box] = few[box] | top["item"].isin(veiled)
    return disclosure.blank(every, where=hidden, columns=TOLD[1:])


def _each(
    among: Among, rows: pd.DataFrame, boxes: dict[str, list[str]], weights: pd.DataFrame
) -> pd.DataFrame:
    """Top boxes of projects: hidden where those in it, or the others, are few, and where it would
    be the rest of the province's."""
    top = _found(among, rows, {TOP: boxes[TOP]}, weights)
    rest = top["n"] - top["count"]
    few = (top["count"] < among.cell) | (rest < among.cell)
    for part in (top["count"], rest):
        few = disclosure.with_complement(few, n=part, group=top["item"], min_cell=among.cell)
    return disclosure.blank(top, where=few, columns=TOLD[1:])


def _blanks(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without a number, of items about whose answers ``items`` tells nothing: were they in
    the sum of all projects, their number would be what is left of it."""
    keys = rows[["project", "item"]].drop_duplicates(ignore_index=True)
    return keys.assign(category=TOP, **dict.fromkeys(TOLD))

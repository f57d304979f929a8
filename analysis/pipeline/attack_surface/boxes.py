"""Facts about how answers are distributed: who gave which answer to an item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from analysis.pipeline.attack_surface.facts import Fact, Reader, Terms, less, rule, told
from analysis.pipeline.quality.shares import TOP
from instruments.fit import UNSCORED_CODES
from instruments.quality_tables import EVERYWHERE


def boxes(reader: Reader) -> Iterator[Fact]:
    """The highest answers of a project are some of those given, and add up to those of all projects
    together; there every code is told, and the codes add up. An answer given is scored, but where
    what is scored is a gain: then the answer about before is needed too.

    What the mean of an item tells of its distribution is left out: a mean near the end of the
    scale says so itself (docs/method.md, section 12).
    """
    for key, rows in reader.results.shares.groupby(["instrument", "item"], sort=True):
        form, item = map(str, key)
        own = rows[(rows["unit"] != EVERYWHERE) & rows["n"].notna()]  # others are in no sum
        given = {f"given {unit} {form} {item}": 1.0 for unit in own["unit"]}
        tops = {_box(row): 1.0 for row in own.itertuples()}
        most = np.inf if _is_gain(reader, form, item) else 0.0
        for row, whole in zip(own.itertuples(), given, strict=True):
            scored = {f"scored {row.unit} {form} {item}": 1.0}
            yield rule(reader, f"shares {whole}", less({whole: 1.0}, scored), 0.0, most)
            yield from told(reader, f"shares {_box(row)} count", {_box(row): 1.0}, row.count)
            yield from told(reader, f"shares {_box(row)} n", {whole: 1.0}, row.n)
            some = less({whole: 1.0}, {_box(row): 1.0})
            yield rule(reader, f"shares {_box(row)}", some, 0.0, np.inf)
        every = rows[rows["unit"] == EVERYWHERE]
        if len(every) and len(own):
            codes = {_box(row): 1.0 for row in every.itertuples() if row.category != TOP}
            for row in every.itertuples():
                one = tops if row.category == TOP else {_box(row): 1.0}
                yield from told(reader, f"shares {_box(row)} count", one, row.count)
            yield from told(reader, f"shares * {form} {item} n", given, every["n"].iloc[0])
            yield rule(reader, f"codes * {form} {item}", less(given, codes), 0.0, 0.0)
            high = _highest(reader, every)
            yield rule(reader, f"top * {form} {item}", less(tops, high), 0.0, 0.0)


def _is_gain(reader: Reader, form: str, item: str) -> bool:
    found = next(one for one in reader.forms if one.code == form)
    return any(one.baseline for one in found.mappings if one.item == item)


def _highest(reader: Reader, every: pd.DataFrame) -> Terms:
    """The codes that make up the top box; a code that nobody gave has no row."""
    form, item = every[["instrument", "item"]].iloc[0]
    found = next(one for one in reader.forms if one.code == form).item(item)
    codes = sorted(set(found.scale.codes if found.scale else ()) - set(UNSCORED_CODES), key=float)
    choice = reader.results.plan.ordinal
    high = every[every["category"].isin(codes[-choice.top :] if choice else [])]
    return {_box(row): 1.0 for row in high.itertuples()}


def _box(row: Any) -> str:
    return f"box {row.unit} {row.instrument} {row.item} {row.category}"

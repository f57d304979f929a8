"""Facts about who answered: classes, projects and what is made up of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis import roster
from analysis.pipeline.attack_surface.facts import Fact, Reader, Terms, codes_of, rule, told


def answers(reader: Reader) -> Iterator[Fact]:
    """Who answered: classes and projects; a hidden number is not zero, which hides nobody."""
    if not reader.main:
        return
    for row in reader.results.classes.itertuples():
        one: Terms = {f"answers {row.class_code} {reader.main}": 1.0}
        yield from told(reader, f"classes {row.class_code} n", one, row.n)
        if pd.isna(row.n):
            yield rule(reader, f"class {row.class_code}", one, 1.0, np.inf)
    for row in reader.results.units.query("scorecard == 'A-project'").itertuples():
        all_ = reader.of(row.unit, reader.main)
        yield from told(reader, f"units {row.unit} n", all_, row.n)
        if pd.isna(row.n):
            yield rule(reader, f"project {row.unit}", all_, 1.0, reader.cell - 1.0)


def parts(reader: Reader) -> Iterator[Fact]:
    """Units made up of others: institutions of projects, cities of counties."""
    school = [form.code for form in reader.forms if form.per == "school"]
    for row in reader.results.units.itertuples():
        local = row.scorecard in ("B-county", "B-city")
        form = (school or [""])[0] if local else reader.main
        codes = [row.unit] if row.scorecard == "B-county" else codes_of(row.parts)
        if form and codes and row.scorecard != roster.PROJECT:
            terms = {k: v for code in codes for k, v in reader.of(code, form).items()}
            where = f"units {row.scorecard} {row.group} {row.unit} n"
            yield from told(reader, where, terms, row.n)
            if local and pd.isna(row.n):
                yield rule(reader, where, terms, 1.0, np.inf)

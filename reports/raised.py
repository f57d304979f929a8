"""Class screens in words: for the bulletin's annex by screen, for the province's page by class."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from analysis.class_screens import BY_CHANCE, RAISED, SCREENS
from analysis.results import Results
from reports import tables
from reports.material import rows
from reports.wording import choice, phrase

FILE = "class_screens.json"
"""Beside the results: what the page of classes to look at again says, ready to be shown."""
JUDGED = (RAISED, "clear")


def by_screen(results: Results, form: str) -> Iterator[tuple[str, int, int, str]]:
    """Screen, classes judged, classes raised, and how many chance would raise at most."""
    choice_ = results.plan.class_screens
    assert choice_ is not None  # there are no rows without it
    found = results.class_screens.query("instrument == @form")
    for screen in SCREENS:
        states = found.loc[found["screen"] == screen, "state"]
        judged, raised = int(states.isin(JUDGED).sum()), int((states == RAISED).sum())
        rate = choice_.family_rate / len(BY_CHANCE) if screen in BY_CHANCE else 0.0
        yield screen, judged, raised, tables.half_up(judged * rate, 1)


def forms(results: Results) -> list[tuple[str, str]]:
    """Code and title of the forms whose classes were screened."""
    known = {form.code: form.title for form in results.instruments}
    return [(code, known[code]) for code in sorted(set(results.class_screens["instrument"]))]


def moved(results: Results) -> str:
    """What the ranking would be without the raised classes, in a sentence; '' where none is."""
    found = [row for row in rows(results.unraised) if not tables.absent(row.rank)]
    other = [row for row in found if tables.absent(row.rank_unraised)]
    changed = [row for row in found if row not in other and bool(row.rank != row.rank_unraised)]
    if not found:
        return ""
    told = {"units": str(len(found)), "moved": str(len(changed)), "gone": str(len(other))}
    sentence = phrase(f"class_screens.{'moved' if changed else 'unmoved'}", **told)
    return sentence + (phrase("class_screens.gone", **told) if other else "")


def page(results: Results) -> bytes:
    """All that the page shows, as JSON: by form its screens and the raised classes."""
    plan = results.plan
    rate = tables.share(plan.class_screens.family_rate) if plan.class_screens else ""
    content = {
        "rate": rate,
        "cell": str(plan.thresholds.min_cell),
        "moved": moved(results),
        "forms": [
            {
                "title": title,
                "screens": [
                    _screen(screen) | {"judged": str(judged), "raised": str(raised), "chance": most}
                    for screen, judged, raised, most in by_screen(results, code)
                ],
                "classes": _classes(results, code),
            }
            for code, title in forms(results)
        ],
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _screen(screen: str) -> dict[str, str]:
    return {
        "screen": screen,
        "name": choice("class_screens.name", screen),
        "meaning": choice("class_screens.meaning", screen),
        "do": choice("class_screens.do", screen),
    }


def _classes(results: Results, form: str) -> list[dict[str, Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows(results.class_screens, instrument=form, state=RAISED):
        found.setdefault(row.class_code, []).append(row)
    project = dict(zip(results.classes["class_code"], results.classes["project"], strict=True))
    return [
        {
            "class_code": code,
            "project": project[code],
            "n": tables.count(own[0].n),
            "found": [
                {
                    "screen": row.screen,
                    "statistic": tables.count(row.statistic),
                    "expected": tables.half_up(row.expected, int(row.screen in BY_CHANCE)),
                    "chance": tables.odds(row.p) if row.screen in BY_CHANCE else tables.MISSING,
                }
                for row in sorted(own, key=lambda row: SCREENS.index(row.screen))
            ],
        }
        for code, own in sorted(found.items())
    ]

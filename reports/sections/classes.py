"""Data quality: how many classes each screen asks to look at again; a page says which."""

from __future__ import annotations

from reports import raised, tables
from reports.document import Block, Cell, Column, Paragraph, Rows, Table, layout_of
from reports.material import Material
from reports.wording import choice, phrase

COLUMNS = ("screen", "judged", "raised", "chance")


def class_screens(material: Material) -> tuple[Block, ...]:
    """By form and screen: classes judged and raised; the ranking without them; () unscreened."""
    results = material.results
    screens = results.plan.class_screens
    groups = tuple(
        Rows(
            title,
            tuple(
                (Cell(choice("class_screens.name", screen)), Cell(tables.count(judged)),
                 Cell(tables.count(found)), Cell(most))
                for screen, judged, found, most in raised.by_screen(results, code)
            ),
        )
        for code, title in raised.forms(results)
    )  # fmt: skip
    if screens is None or not groups:
        return ()
    note = phrase("class_screens.note", rate=tables.share(screens.family_rate))
    heads = tuple(Column(phrase(f"class_screens.column.{n}"), n != "screen") for n in COLUMNS)
    caption = phrase("quality.class_screens")
    layout = layout_of(groups, "plain")
    table = Table("class-screens-table", caption, heads, groups, layout=layout)
    words = raised.moved(results) or phrase("class_screens.none")
    return (Paragraph(note), table, Paragraph(words))

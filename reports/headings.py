"""Numbers of headings as official documents write them: 一、 （一） 1. （1）."""

from __future__ import annotations

from dataclasses import replace

from reports import tables
from reports.document import Section
from reports.wording import entry


def numbered_headings(sections: tuple[Section, ...], depth: int = 0) -> tuple[Section, ...]:
    """``sections`` with their own and their subsections' headings numbered, each level anew."""
    forms = entry("labels.levels")
    form = forms[min(depth, len(forms) - 1)]
    return tuple(
        replace(
            section,
            heading=form.format_map(
                {"numeral": tables.numeral(place), "number": place, "title": section.heading}
            ),
            sections=numbered_headings(section.sections, depth + 1),
        )
        for place, section in enumerate(sections, 1)
    )

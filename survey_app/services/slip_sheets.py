"""Slips, posters, links of boards, paper questionnaires as PDF, by the bulletin's own writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from instruments.faults import FaultsFound
from instruments.self_code import self_code
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.paper_form import Part, paper_parts
from survey_app.phrases import phrase
from survey_app.services.board_links import BoardLink
from survey_app.services.issue import Slip, address_of
from survey_app.services.places import Place
from survey_app.sheets import qr_svg

RULED: Mapping[str, int] = {"multiline": 2}
"""Appearance of a written answer → lines to write it on."""


def slips_pdf(slips: Sequence[Slip], *, sample: bool) -> bytes:
    """The slips to print and cut apart; Refused when a name cannot be printed."""
    from reports.writers.slips import Slip as Printed
    from reports.writers.slips import render_slips

    shown = [Printed(s.heading, s.address, qr_svg(s.address), s.code) for s in slips]
    return _printed(render_slips, shown, sample)


def poster_pdf(place: Place, *, base_url: str) -> bytes:
    """The poster of a class or session: where its form is, and no code."""
    from reports.writers.slips import Slip as Printed
    from reports.writers.slips import render_poster

    address = address_of(place, base_url)
    return _printed(
        render_poster, Printed(place.heading, address, qr_svg(address)), place.cycle.sample
    )


def board_links_pdf(links: Sequence[BoardLink], *, sample: bool) -> bytes:
    """A page for the teacher of each class, with the link of its board."""
    from reports.writers.slips import Slip as Printed
    from reports.writers.slips import render_board_links

    shown = [
        Printed(link.place.training_class.name, link.address, qr_svg(link.address))
        for link in links
    ]
    return _printed(render_board_links, shown, sample)


def paper_pdf(slips: Sequence[Slip], place: Place, sheet: Questionnaire) -> bytes:
    """A paper questionnaire for each slip, whose code stands on it; Refused when the form does
    not fit paper, or when a name cannot be printed."""
    from reports.writers.questionnaire import Form, render_questionnaires

    form = Form(
        title=sheet.instrument.title,
        heading=_heading(place),
        notice=sheet.instrument.notice,
        parts=(*map(_part, paper_parts(sheet)), *_own_code(sheet)),
    )
    codes = [slip.code for slip in slips]
    return _printed(partial(render_questionnaires, form), codes, place.cycle.sample)


def _heading(place: Place) -> str:
    named = place.training_class.name
    return f"{named}　{place.heading}（{place.session.date}）" if place.session else named


def _part(part: Part) -> Any:
    from reports.writers import questionnaire as printed

    lines = [
        printed.Question(
            number=line.number,
            label=line.item.label,
            hint=line.item.hint,
            when=line.when,
            answers=tuple(printed.Answer(n, one.label) for n, one in line.answers.items()),
            many=line.item.type == "select_multiple",
            ruled=RULED.get(line.item.appearance, 1),
        )
        for line in part.lines
    ]
    return printed.Part(part.section.label, part.section.hint, part.when, tuple(lines))


def _own_code(sheet: Questionnaire) -> list[Any]:
    from reports.writers import questionnaire as printed

    if not sheet.instrument.self_code:
        return []
    code = self_code()
    lines = tuple(printed.Question(0, part.label, "", ()) for part in code.parts)
    return [printed.Part(code.title, code.hint, (), lines)]


def _printed(render: Callable[..., bytes], given: Any, sample: bool) -> bytes:
    from reports.writers.fonts import read_fonts

    try:
        return render(given, read_fonts(None), mark=phrase("mark.sample") if sample else "")
    except FaultsFound as found:
        told = "；".join(f"{one.place}：{one.message}" for one in found.faults)
        raise Refused("slips_not_printed", 422, why=told) from found

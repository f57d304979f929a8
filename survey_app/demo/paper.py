"""Who of the sample answers on paper, and how two clerks type the sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from instruments.model import Instrument
from survey_app.demo.answers import Filled
from survey_app.demo.people import Clerk
from survey_app.paper_form import PREFIX, numbered


def split_paper(
    filled: Sequence[Filled], *, class_code: str, count: int
) -> tuple[list[Filled], list[Filled]]:
    """The forms that are sent, and the first ``count`` of a class, which are written on paper."""
    own = [one for one in filled if (one.slip.class_code, one.slip.session) == (class_code, "")]
    paper = own[:count]
    return [one for one in filled if one not in paper], paper


def type_sheets(clerks: Sequence[Clerk], form: Instrument, sheets: Sequence[Filled]) -> None:
    """Each of two clerks types every sheet; raises UnexpectedPage when one is not taken."""
    for clerk in clerks:
        for sheet in sheets:
            where = f"/province/paper/class/{sheet.slip.class_code}"
            page = clerk.visitor.get(where)
            fields = {"ticket": sheet.slip.ticket, "do": "save", **_typed(form, sheet.answers)}
            clerk.visitor.send_off(page, page.form(having="ticket"), fields)


def _typed(form: Instrument, answers: Mapping[str, str]) -> dict[str, str]:
    """Answers as the numbers of their boxes; a self-made code stays as it is written."""
    items = {item.name: item for item in form.single_items}
    typed = {name: said for name, said in answers.items() if name not in items}
    for name in answers.keys() & items.keys():
        numbers = {choice.code: n for n, choice in numbered(items[name].scale).items()}
        codes = answers[name].split() if numbers else ()
        typed[f"{PREFIX}{name}"] = " ".join(numbers[code] for code in codes) or answers[name]
    return typed

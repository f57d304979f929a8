"""A page shows what its context may ask, and nothing that would be thrown away."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from instruments.builtin import instrument_sources, load_instruments
from instruments.types import codes_of, module_for
from survey_app.forms import Questionnaire

pytestmark = pytest.mark.once

FORMS = {one.code: one for one in load_instruments(instrument_sources())}


@pytest.mark.parametrize("mode", codes_of("modes"))
@pytest.mark.parametrize("kind", codes_of("project_types"))
def test_a_trainee_sees_only_the_items_of_the_own_project(kind: str, mode: str) -> None:
    module = module_for(kind, mode)
    context = {"project_type": kind, "project_mode": mode, "project_module": module}
    for code in ("trainee_core", "followup"):
        form = FORMS[code]
        known = {name: value for name, value in context.items() if name in form.context}
        page = Questionnaire(form, known)
        shown = [q.item.name for section in page.sections for q in page.questions(section)]
        never = set(shown) - {item.name for item in form.items if possible(item, known)}
        assert never == set()
        assert {item.name for item in form.asked(known)} <= set(shown)


def possible(item, context) -> bool:
    return all(rule.holds(context) for rule in item.relevant if rule.item in context)


def test_two_pages_of_one_form_share_no_answer() -> None:
    form = FORMS["trainee_core"]
    context = dict.fromkeys(form.context, "")
    item = next(i for i in Questionnaire(form, context).items if i.scale is not None)
    first, second, blank = (Questionnaire(form, context) for _ in range(3))
    first.read(MultiDict({item.name: item.scale.codes[0]}))
    second.read(MultiDict({item.name: "no such choice"}))
    assert (first.answers, first.errors) == ({item.name: item.scale.codes[0]}, {})
    assert second.chosen(item.name) == ["no such choice"] and item.name in second.errors
    assert blank.chosen(item.name) == [""] and not blank.errors

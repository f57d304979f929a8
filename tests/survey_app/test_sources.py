"""Instruments, framework and plan that the province brings: refused whole, or taken whole."""

from __future__ import annotations

import io

from instruments.builtin import instrument_sources
from site_for_tests import Site
from survey_app import db
from survey_app.services import programme

pytest_plugins = ("site_fixtures",)

SECOND = """
| settings | | | |
| | form_title | form_id | version |
| | 又一份场次表 | other | 1.0 |
| _context | | |
| | key | value |
| | role | trainee |
| | per | session |
| survey | | | |
| | type | name | label |
| | begin group | g | 组 |
| | text | t | 一句话 |
| | end group | | |
| _uses | | |
| | item | use |
| | t | comment |
"""


def upload(site: Site, files: list[tuple[str, bytes]]) -> tuple[int, str, str]:
    """Upload instruments: status, page, and the fingerprint of what the cycle has afterwards."""
    uploads = [(io.BytesIO(content), name) for name, content in files]
    reply = site.staff("boss").post("/province/programme", instruments=uploads)
    with db.look(site.engine) as session:
        return reply.status_code, reply.text, programme.current_cycle(session).sources_sha


def test_instruments_of_one_name_are_refused(preparing: Site) -> None:
    """One row and one file of the extract a name: a second would replace the first."""
    forms = list(instrument_sources().items())
    before = programme.builtin_sources().sha
    upper = (forms[0][0].replace("expert", "Expert"), forms[0][1])
    for files in ([*forms, forms[0]], [*forms, upper], [*forms, (forms[1][0], b"other")]):
        status, page, after = upload(preparing, files)
        assert (status, after) == (422, before)
        assert "有两个工具文件叫这个名字" in page and files[-1][0] in page
    assert upload(preparing, forms)[0] == 303


def test_what_an_extract_cannot_keep_is_refused_before_opening(preparing: Site) -> None:
    forms = instrument_sources()
    core = forms.pop("trainee_core.md")
    for name in ("../evil/core.md", "core:1.md", "x" * 120 + ".md", "core .md."):
        status, page, after = upload(preparing, [*forms.items(), (name, core)])
        assert (status, after) == (422, programme.builtin_sources().sha)
        assert "不能放进数据快照" in page
    assert upload(preparing, [*forms.items(), ("学员 问卷（2021）.md", core)])[0] == 303


def test_two_instruments_for_one_purpose_are_refused(preparing: Site) -> None:
    """The site hands out one form per role and subject: a second would never be asked."""
    files = [*instrument_sources().items(), ("other.md", SECOND.encode())]
    status, page, after = upload(preparing, files)
    assert (status, after) == (422, programme.builtin_sources().sha)
    assert "“other”的填写人和填写对象相同" in page


def test_faults_of_instruments_framework_and_plan_come_together(preparing: Site) -> None:
    files = {
        "instruments": (io.BytesIO(b"no table"), "a.md"),
        "frameworks": (io.BytesIO(b"code: .nan"), "b.yaml"),
        "plan": (io.BytesIO(b"code: [x]"), "c.yaml"),
    }
    page = preparing.staff("boss").post("/province/programme", **files)
    assert page.status_code == 422
    assert all(name in page.text for name in ("a.md", "b.yaml", "c.yaml"))

"""Languages of the trainee's pages: offered where the form has them, kept nowhere, all in words."""

from __future__ import annotations

import dataclasses
import gzip
import inspect
import re
from pathlib import Path
from string import Formatter

import pytest
from blind_phone import closed, fetch, listed, members
from small_forms import FORMS
from sqlalchemy import select

from instruments import faults
from instruments.faults import fault
from instruments.self_code import self_code
from project_root import ROOT
from site_for_tests import SMALL, Site, build, filled
from survey_app import db, fields, policies, token_policies
from survey_app.models import Base, ResponseRow
from survey_app.phrases import FILES, own_phrases
from survey_app.services import programme

pytest_plugins = ("site_fixtures",)

HAN = re.compile("[\u3000-\u9fff\uff00-\uffef]+")
NAMES = re.compile(r"测试站|示例[^<·]*|2021年度样例|（2021-07-02，主讲甲）|中文")
"""Names of the catalogue and of the site, which are in Chinese, and of the other language."""
EN = {"lang": "en"}
MOST = 30_000
"""Compressed bytes that a page may weigh."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory):
    made = build(tmp_path_factory.mktemp("site") / "home")
    yield made
    made.engine.dispose()


@pytest.fixture
def site(shared: Site) -> Site:
    """An open cycle that other tests have answered in too."""
    shared.state("开放")
    return shared


@pytest.fixture
def fresh(tmp_path: Path):
    """A site of this test alone."""
    made = build(tmp_path / "home")
    yield made
    made.engine.dispose()


def rows(site: Site) -> list[ResponseRow]:
    with db.look(site.engine) as session:
        return list(session.scalars(select(ResponseRow)))


def english(reply, status: int = 200) -> str:
    """The page of a reply; that it is in English, weighs little and sets no cookie."""
    assert reply.status_code == status, reply.text
    assert '<html lang="en">' in reply.text
    assert not HAN.findall(NAMES.sub("", reply.text))
    assert "Set-Cookie" not in reply.headers
    assert len(gzip.compress(reply.data)) < MOST
    return reply.text


def test_every_page_from_notice_to_receipt_is_in_english(site: Site) -> None:
    [ticket], before = site.tickets(count=1), len(rows(site))
    client = site.visitor()
    notice = english(client.get("/c/C1", query_string=EN))
    assert "Who can see what" in notice and 'href="/c/C1/form?lang=en"' in notice
    page = english(client.get("/c/C1/form", query_string=EN))
    assert 'action="/c/C1/form?lang=en"' in page and "Strongly agree" in page
    assert "last character of your mother" in page
    sent = filled(site, page, ticket) | {"confirmed": ""}
    del sent["q01"]
    confirm = client.post("/c/C1/form", query_string=EN, data=sent)
    assert "Scored questions not answered yet: 1" in english(confirm)
    wrong = {"q01": "9", "ticket": "no", "q24": "x" * 9, "comment": "x" * 1001}
    again = english(client.post("/c/C1/form", query_string=EN, data=sent | wrong), 422)
    for words in ("(4):", "At most 1000 characters", "answer code is not right", "not among the"):
        assert words in again
    done = client.post("/c/C1/form", query_string=EN, data=sent | {"confirmed": "1"})
    assert len(rows(site)) == before + 1
    assert done.status_code == 303 and done.location.endswith("?lang=en")
    assert "Receipt number" in english(client.get(done.location))


def test_sessions_and_the_follow_up_are_in_english(site: Site) -> None:
    assert "Session feedback" in english(site.visitor().get("/s/S1", query_string=EN))
    english(site.visitor().get("/s/S1/form", query_string=EN))
    site.state("跟踪开放")
    assert "Follow-up questionnaire" in english(site.visitor().get("/f/C1", query_string=EN))
    english(site.visitor().get("/f/C1/form", query_string=EN))


def test_tokens_are_fetched_and_used_in_english(fresh: Site) -> None:
    boss, people = fresh.staff("boss"), members()
    listed(boss, people)
    notice = english(fresh.visitor().get("/c/C1", query_string=EN))
    assert 'href="/c/C1/token?lang=en"' in notice and "Whoever gets no slip" in notice
    page = english(fresh.visitor().get("/c/C1/token", query_string=EN))
    assert 'action="/c/C1/token?lang=en"' in page
    strange = {"name": "nobody", "secret": "0000", "blinded": "00" * 384}
    reply = fresh.visitor().post("/c/C1/token", query_string=EN, data=strange)
    assert reply.status_code == 422 and "not on the list. Please" in reply.json["message"]
    assert "名单上没有" in fresh.visitor().post("/c/C1/token", data=strange).json["message"]
    english(fresh.visitor().get("/c/C1/form", query_string=EN | {"by": "token"}), 403)
    fetch(fresh, people[0])
    closed(boss)
    english(fresh.visitor().get("/c/C1/token", query_string=EN))
    page = english(fresh.visitor().get("/c/C1/form", query_string=EN | {"by": "token"}))
    assert 'href="/c/C1/form?by=token"' in page  # the way to the same page in Chinese


def test_lists_of_receipts_are_in_english(fresh: Site) -> None:
    fresh.tickets()
    assert "No list has been" in english(fresh.visitor().get("/receipts/", query_string=EN))
    fresh.staff("boss").post("/province/close")
    page = english(fresh.visitor().get("/receipts/", query_string=EN))
    assert 'data-base="/receipts/2021/end/"' in page
    english(fresh.visitor().get("/receipts/2021/end/07", query_string=EN))


@pytest.mark.parametrize(
    ("path", "status", "state"),
    [
        ("/c/NONE", 404, "开放"),
        ("/s/NONE/form", 404, "开放"),
        ("/c/C1/token", 404, "开放"),
        ("/c/C1", 403, "准备"),
        ("/c/C1/form", 410, "关闭"),
        ("/receipt/1", 404, "开放"),
        ("/receipts/2021/end/07", 404, "开放"),
        ("/nowhere", 404, "开放"),
    ],
)
def test_refusals_are_in_the_language_of_the_page(
    site: Site, path: str, status: int, state: str
) -> None:
    site.state(state)
    english(site.visitor().get(path, query_string=EN), status)
    plain = site.visitor().get(path).text
    assert '<html lang="zh-CN">' in plain and "状态码" in plain


def test_what_is_refused_on_sending_is_told_in_english(site: Site) -> None:
    [ticket], [other] = site.tickets(count=1), site.tickets(code="C2", count=1)
    client = site.visitor()
    page = client.get("/c/C1/form", query_string=EN).text
    sent = filled(site, page, ticket)

    def refused(status: int, **changes: str) -> str:
        return english(client.post("/c/C1/form", query_string=EN, data=sent | changes), status)

    assert "no such answer code" in refused(422, ticket=other)
    assert "page was incomplete" in refused(400, response="x")
    assert "days ago" in refused(400, token="x")
    assert client.post("/c/C1/form", query_string=EN, data=sent).status_code == 303
    assert "has been used" in refused(409, response="0" * 32)
    assert "with other answers" in refused(409, q01="1")


def test_the_stored_answer_is_the_same_in_whatever_language(site: Site) -> None:
    """The same to the byte: a retry in the other language gets the same receipt; and another
    answer differs in nothing but what makes it another."""
    before = {row.id for row in rows(site)}
    first, second = site.tickets(count=2)
    client = site.visitor()
    page = client.get("/c/C1/form").text
    own_words = {"comment": "很好 fine", "stage": "primary", "q24": "unsure", "duration": "3-10"}
    code = {"self_code-mother": "芳", "self_code-school": "实", "self_code-day": "7"}
    sent = filled(site, page, first, **own_words, **code)
    chinese = client.post("/c/C1/form", data=sent)
    retried = client.post("/c/C1/form", query_string=EN, data=sent)
    assert retried.location == f"{chinese.location}?lang=en"
    assert len(rows(site)) == len(before) + 1
    page = client.get("/c/C1/form", query_string=EN).text
    again = filled(site, page, second, **own_words, **code)
    assert client.post("/c/C1/form", query_string=EN, data=again).status_code == 303
    columns = {column.name for column in ResponseRow.__table__.columns} - {"id", "nonce"}
    one, another = (
        {name: getattr(row, name) for name in columns} for row in rows(site) if row.id not in before
    )
    assert one == another and one["answers"] and one["pairing"]


def test_no_table_keeps_a_language() -> None:
    names = {column.name for table in Base.metadata.tables.values() for column in table.columns}
    assert names and not [name for name in names if "lang" in name or "locale" in name]


def test_a_form_in_chinese_alone_is_offered_in_no_other_language(whole: Site) -> None:
    for path in ("/c/C1", "/c/C1/form"):
        reply = whole.visitor().get(path, query_string=EN)
        assert reply.status_code == 200 and '<html lang="zh-CN">' in reply.text
        assert "hreflang" not in reply.text and "lang=en" not in reply.text


def in_tibetan(text: str) -> bytes:
    """The small form of trainees, with words in a language that the site has no phrases of."""
    text = text.replace("| key | value |", "| key | value | value::བོད་སྐད (bo) |")
    text = text.replace("|  | role |", "|  | title |  | དྲི་ཤོག |\n|  | role |")
    for header in ("required | relevant | appearance |", "list_name | name | label |"):
        text = text.replace(header, f"{header} label::བོད་སྐད (bo) |")
    lines = []
    for line in text.splitlines():
        worded = re.search(r"总的看法|总体满意|级 \|$", line)
        lines.append(f"{line} བོད |" if worded else line)
    return "\n".join(lines).encode()


def test_a_language_without_phrases_is_shown_among_chinese_ones(whole: Site) -> None:
    form = in_tibetan(FORMS["trainee_core.md"].decode())
    forms = tuple(sorted({**FORMS, "trainee_core.md": form}.items()))
    with db.transaction(whole.engine) as session:
        cycle = programme.current_cycle(session)
        programme.store_sources(session, cycle, dataclasses.replace(SMALL, instruments=forms))
    page = whole.visitor().get("/c/C1/form").text
    assert 'href="/c/C1/form?lang=bo" hreflang="bo" lang="bo">བོད་སྐད<' in page
    page = whole.visitor().get("/c/C1/form?lang=bo").text
    assert '<html lang="zh-CN">' in page and "提交" in page
    assert '<h1 lang="bo" dir="auto">དྲི་ཤོག</h1>' in page and '<div lang="bo" dir="auto">' in page
    assert 'action="/c/C1/form?lang=bo"' in page


@pytest.mark.parametrize(
    "asked", ["", "zh", "fr", "<script>", "en'\"", "e" * 5000, "\x00", "en-GB"]
)
def test_whatever_else_is_asked_for_is_chinese(site: Site, asked: str) -> None:
    for path in ("/c/C1", "/c/C1/form", "/receipts/", "/nowhere"):
        reply = site.visitor().get(path, query_string={"lang": asked})
        assert '<html lang="zh-CN">' in reply.text
        assert "<script>" not in reply.text and "lang=fr" not in reply.text


def test_an_address_cannot_be_bent_by_what_is_asked(site: Site) -> None:
    hostile = EN | {
        "_scheme": "javascript",
        "_anchor": "x",
        "_external": "1",
        "kind": "s",
        "by": "<",
    }
    reply = site.visitor().get("/c/C1/form", query_string=hostile)
    english(reply)
    links = re.findall(r'href="([^"]*)" hreflang', reply.text)
    assert links == ["/c/C1/form?by=%3C"]


def test_a_page_that_holds_what_was_sent_hides_its_link_until_a_draft_is_there(site: Site) -> None:
    [ticket] = site.tickets(count=1)
    page = site.visitor().get("/c/C1/form").text
    assert 'hreflang="en" lang="en">English</a>' in page
    sent = filled(site, page, ticket) | {"confirmed": ""}
    del sent["q01"]
    page = site.visitor().post("/c/C1/form", data=sent).text
    assert re.search(r'<p class="language" hidden data-drafted><a href="/c/C1/form\?lang=en"', page)


def test_the_staff_s_pages_stay_chinese(site: Site) -> None:
    for client, path in ((site.visitor(), "/login"), (site.staff("boss").client, "/province/")):
        reply = client.get(path, query_string=EN)
        assert '<html lang="zh-CN">' in reply.text and "lang=en" not in reply.text
    assert '<html lang="zh-CN">' in site.visitor().get("/c/C1").text  # nothing is left over


def used_keys() -> set[str]:
    """Phrases that the trainee's pages and what they call say, by the words of the code; of a key
    that is put together, all that begin like it."""
    templates = "base notice form questions receipt receipt_lists receipt_part token failure sample"
    files = [f"templates/{name}.html" for name in templates.split()]
    files += ["forms.py", "typed.py", "phrases/__init__.py", "views/trainee.py", "views/tokens.py"]
    text = "".join((ROOT / "survey_app" / name).read_text(encoding="utf-8") for name in files)
    found = set(re.findall(r"""phrase\(\s*["']([a-z_.]+)["']""", text))
    begun = {key for key in found if key.endswith(".")} | {"token.", "receipt.", "receipts."}
    whole = {key for key in own_phrases("zh") if key.startswith(tuple(begun - {"form."}))}
    return {key for key in found if not key.endswith(".")} | whole | {"form.ticket", "form.token"}


def test_every_phrase_of_a_trainee_s_page_is_there_in_each_language() -> None:
    assert len(used_keys()) > 90 and "notice.masked" in used_keys()
    for code in FILES:
        assert not used_keys() - set(own_phrases(code)), code
    assert used_keys() - (set(own_phrases("en")) - {"form.submit"}) == {"form.submit"}


def test_phrases_of_a_language_fit_the_chinese_ones() -> None:
    own = own_phrases("zh")
    for key, words in own_phrases("en").items():
        assert fields_of(words) == fields_of(own[key]), key
        assert not HAN.search(words)


def fields_of(words: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(words) if name is not None)


def met_by_trainees() -> set[str]:
    """Faults that the trainee's pages can end in, by the words of the code."""
    names = ["views/trainee", "views/tokens", "views/receipts", "services/respond"]
    names += ["services/admission", "services/tickets", "services/tokens", "services/places"]
    files = [ROOT / "survey_app" / f"{name}.py" for name in names]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    text += inspect.getsource(policies.check_can_answer)
    text += inspect.getsource(token_policies.check_can_fetch)
    text += inspect.getsource(token_policies.check_can_use)
    failures = (ROOT / "survey_app" / "views" / "failures.py").read_text(encoding="utf-8")
    said = re.findall(r'Refused\(\s*"([a-z_]+)"', text)
    said += ["no_window", "roster_wait", "no_instrument"]
    said += re.findall(r'fault\("site\.(\w+)"', failures)
    known = faults._texts()
    assert {f"site.{name}" for name in said} <= set(known)
    put_together = ("site.http_", "site.ticket_", "site.token_")
    codes = {f"site.{name}" for name in said} | {c for c in known if c.startswith(put_together)}
    return codes - {"site.csrf", "site.host"}  # posts of trainees need no token; no page of ours


def test_every_fault_that_a_trainee_meets_has_english_words() -> None:
    assert {"site.ticket_spent", "site.token_early", "site.store_busy"} <= met_by_trainees()
    own, other = faults._texts(), faults._texts("en")
    assert set(other) == met_by_trainees()
    for code, words in other.items():
        for part in ("message", "remedy"):
            assert fields_of(words[part]) == fields_of(own[code][part])
            assert not HAN.search(words[part])


def test_a_fault_without_words_in_a_language_is_told_in_chinese() -> None:
    assert fault("site.no_cycle").in_language("en")[0] == "还没有导入任何年度。"
    assert fault("site.no_cycle").in_language("xx") == fault("site.no_cycle").in_language("zh")


def test_the_self_made_code_asks_for_the_same_in_each_language() -> None:
    """Names and kinds of the parts are one: what was typed alike has one digest in either."""
    own, other = self_code(), self_code("en")
    assert [(p.name, p.kind) for p in own.parts] == [(p.name, p.kind) for p in other.parts]
    assert not HAN.search(" ".join([other.title, other.hint, *(p.label for p in other.parts)]))
    assert self_code("bo") == own


@pytest.mark.parametrize(
    ("code", "words"), [("zh", "不是有效的选择。"), ("en", "Not a valid choice.")]
)
def test_words_of_the_form_library_are_in_the_page_s_language(
    site: Site, code: str, words: str
) -> None:
    with site.app.test_request_context(f"/c/C1?lang={code}"):
        site.app.preprocess_request()
        with db.look(site.engine) as session:
            known = programme.programme_of(session, programme.current_cycle(session))
        instrument = known.instrument(role="trainee", per="class").in_language(code)
        form = fields.make_form(instrument.items)
        assert form["q01"].gettext("Not a valid choice.") == words


def test_the_notice_says_what_holds_for_this_form(site: Site) -> None:
    notice = site.visitor().get("/c/C1").text
    for words in ("不足5人", "自动隐去", "自编代码", "问卷末尾也问到", "第三方评估机构反映"):
        assert words in notice
    assert "拿不到纸条的用令牌" not in notice
    session = site.visitor().get("/s/S1").text
    assert "自编代码" not in session and "问卷末尾也问到" not in session and "自动隐去" in session


def test_whom_to_tell_is_set_by_the_site(site: Site, monkeypatch) -> None:
    told = dataclasses.replace(site.settings, contact="督导办 12345")
    monkeypatch.setitem(site.app.extensions, "settings", told)
    notice = site.visitor().get("/c/C1").text
    assert "追问您怎么填的，请反映：<span>督导办 12345</span>" in notice
    english_notice = site.visitor().get("/c/C1?lang=en").text
    assert '<span lang="zh-CN">督导办 12345</span>' in english_notice

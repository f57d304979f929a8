"""Whatever is posted in Collect's name is refused or kept, never a failure and never half done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from collecting import AUDIT, connected, observed
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openrosa_client import BOUNDARY, Collect, Form
from sqlalchemy import select

from site_for_tests import Site, build
from survey_app import db
from survey_app.models import (
    ArrivalRow,
    Base,
    ObservationRow,
    SubmissionFileRow,
    SubmissionRow,
)
from survey_app.openrosa import DEEPEST, MOST_BYTES, MOST_ELEMENTS

pytest_plugins = ("site_fixtures",)
MINE: tuple[type[Base], ...] = (ArrivalRow, SubmissionRow, SubmissionFileRow, ObservationRow)
HEAD = b"<?xml version='1.0' ?>"


@pytest.fixture
def phone(site: Site) -> Collect:
    expert = site.staff("E1")
    expert.post("/expert/visits/V1/declaration", declaration="none")
    return connected(site, expert)


@pytest.fixture
def form(phone: Collect) -> Form:
    return phone.download()


@dataclass(frozen=True)
class Untouched:
    """A site at which everything is refused, for many tests: what one leaves, the next finds."""

    site: Site
    phone: Collect
    form: Form

    def __post_init__(self) -> None:
        assert nothing_kept(self.site)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Untouched]:
    site = build(tmp_path_factory.mktemp("untouched") / "home")
    expert = site.staff("E1")
    expert.post("/expert/visits/V1/declaration", declaration="none")
    phone = connected(site, expert)
    yield Untouched(site, phone, phone.download())
    site.engine.dispose()


def post(phone: Collect, xml: bytes, files: dict[str, bytes] | None = None):
    return phone.post(f"{phone.server}/submission", xml, files or {})


def rows(site: Site, table: Any) -> list[Any]:
    with db.look(site.engine) as session:
        return list(session.scalars(select(table)))


def evidence(site: Site) -> list[bytes]:
    folder = site.home / "evidence"
    return sorted(path.read_bytes() for path in folder.iterdir())


def nothing_kept(site: Site) -> bool:
    return not any(rows(site, table) for table in MINE) and evidence(site) == []


def laughs(xml: bytes) -> bytes:
    """The billion laughs: entities made of entities."""
    lines = [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    kind = f'<!DOCTYPE data [<!ENTITY l0 "lol">{"".join(lines)}]>'.encode()
    return xml.replace(HEAD, HEAD + kind).replace(b"<due>40", b"<due>&l9;")


def outside(xml: bytes) -> bytes:
    """An entity that names a file of the server."""
    kind = b'<!DOCTYPE data [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return xml.replace(HEAD, HEAD + kind).replace(b"<due>40", b"<due>&x;")


def doctype(xml: bytes) -> bytes:
    return xml.replace(HEAD, HEAD + b'<!DOCTYPE data SYSTEM "http://localhost/x.dtd">')


def deep(xml: bytes) -> bytes:
    many = 50_000
    return xml.replace(b"<due>40", b"<a>" * many + b"</a>" * many + b"<due>40")


def a_little_too_deep(xml: bytes) -> bytes:
    inside = DEEPEST - 1  # below the root and the group
    return xml.replace(b"<due>40", b"<a>" * inside + b"</a>" * inside + b"<due>40")


def many(xml: bytes) -> bytes:
    return xml.replace(b"<due>40", b"<a/>" * MOST_ELEMENTS + b"<due>40")


def twice(xml: bytes) -> bytes:
    return xml.replace(b"<due>40</due>", b"<due>40</due><due>12</due>")


def group_twice(xml: bytes) -> bytes:
    return xml.replace(b"</header>", b"</header><header><due>12</due></header>")


def meta_twice(xml: bytes) -> bytes:
    return xml.replace(b"<meta>", b"<meta><instanceID>uuid:x</instanceID></meta><meta>")


def nested(xml: bytes) -> bytes:
    return xml.replace(b"<due>40", b"<due><due>40</due>")


def foreign(xml: bytes) -> bytes:
    xml = xml.replace(b"<data ", b'<x:data xmlns:x="http://example.org/evil" ')
    return xml.replace(b"</data>", b"</x:data>")


def nameless(xml: bytes) -> bytes:
    start, rest = xml.split(b"<instanceID>")
    return start + b"<instanceID />" + rest.partition(b"</instanceID>")[2]


def named_by_a_book(xml: bytes) -> bytes:
    return xml.replace(b"<instanceID>", b"<instanceID>" + b"u" * 101)


def with_a_blank(xml: bytes) -> bytes:
    return xml.replace(b"<instanceID>uuid:", b"<instanceID>uuid: ")


def cut(xml: bytes) -> bytes:
    return xml[: len(xml) // 2]


BENT = (
    *(laughs, outside, doctype, deep, a_little_too_deep, many, twice, group_twice, meta_twice),
    *(nested, foreign, nameless, named_by_a_book, with_a_blank, cut),
    *(lambda _: b"", lambda _: b"\0" * 100, lambda _: b"<data/>", lambda xml: xml + xml),
    lambda xml: xml.replace(b"version='1.0'", b"version='1.0' encoding='utf-99'"),
    lambda xml: xml.replace(b"<due>40", b"<due>\xff\xfe"),
    lambda xml: xml.replace(b"<due>40", b"<due>&#0;"),
)


@pytest.mark.parametrize("bend", BENT, ids=lambda bend: bend.__name__)
def test_what_is_no_record_is_refused_and_leaves_nothing(untouched: Untouched, bend) -> None:
    xml = bend(observed(untouched.form, audit=AUDIT).xml)
    reply = post(untouched.phone, xml, {"audit.csv": AUDIT})
    assert reply.status == 400 and "不是一份完整的记录" in reply.message
    assert "root:" not in reply.body.decode() and "lollol" not in reply.body.decode()
    assert nothing_kept(untouched.site)


def test_more_than_any_form_can_hold_is_too_large(site: Site, phone: Collect, form: Form) -> None:
    small = observed(form).xml
    fill = MOST_BYTES - len(small) - len(b"<!---->")
    exact = small.replace(b"<meta>", b"<!--" + b"x" * fill + b"--><meta>")
    assert len(exact) == MOST_BYTES and post(phone, exact).status == 201
    over = observed(form).xml.replace(b"<meta>", b"<!--" + b"x" * 10_000_000 + b"--><meta>")
    reply = post(phone, over)
    assert reply.status == 413 and "太大" in reply.message
    reply = post(phone, small, {"audit.csv": b"x" * 30_000_000})  # more than a whole post may hold
    assert reply.status == 413 and "太大" in reply.message
    assert len(rows(site, ArrivalRow)) == 1 and evidence(site) == []


def test_a_file_that_is_too_large_takes_the_post_with_it(
    site: Site, phone: Collect, form: Form
) -> None:
    sent = observed(form, audit=AUDIT)
    reply = post(phone, sent.xml, {"audit.csv": b"x" * (10 * 1024 * 1024 + 1)})
    assert reply.status == 413 and "10MB" in reply.message
    assert nothing_kept(site)
    assert post(phone, sent.xml, {"audit.csv": b"x" * (10 * 1024 * 1024)}).status == 201


def test_there_is_an_end_to_files_of_one_record(site: Site, phone: Collect, form: Form) -> None:
    object.__setattr__(site.settings, "record_files", 3)
    sent = observed(form, audit=AUDIT)
    codes = [post(phone, sent.xml, {"audit.csv": bytes([n])}).status for n in (1, 2, 3, 3, 4)]
    assert codes == [201, 201, 201, 201, 413]
    assert evidence(site) == [b"\1", b"\2", b"\3"]  # each of them: none takes another's place


@pytest.mark.parametrize(
    "name",
    ["../../site.db", "/etc/cron.d/x", "a\\b.csv", ".htaccess", "..", "x" * 200, "审计\t.csv"],
)
def test_a_name_leads_nowhere(site: Site, phone: Collect, form: Form, name: str) -> None:
    before = sorted(path for path in site.home.rglob("*") if "site.db" not in path.name)
    xml = observed(form, audit=AUDIT).xml.replace(b"audit.csv", name.encode())
    reply = post(phone, xml, {name: b"planted"})
    assert reply.status == 201  # the record is whole; what is no name of a file is none
    assert rows(site, SubmissionFileRow) == []
    after = sorted(path for path in site.home.rglob("*") if "site.db" not in path.name)
    assert after == before and (site.home / "config.toml").exists()


def test_files_lie_under_random_names_whatever_they_are_called(
    site: Site, phone: Collect, form: Form
) -> None:
    xml = observed(form, audit=AUDIT).xml.replace(b"audit.csv", "记录 <b>&amp;.csv".encode())
    post(phone, xml.replace(b"<b>", b"&lt;b&gt;"), {"记录 <b>&.csv": AUDIT})
    [row] = rows(site, SubmissionFileRow)
    assert row.name == "记录 <b>&.csv"
    [path] = (site.home / "evidence").iterdir()
    assert path.name == row.id and path.stat().st_mode & 0o777 == 0o600
    assert hashlib.sha256(path.read_bytes()).hexdigest() == row.sha256


def test_files_that_the_record_does_not_name_are_not_kept(
    site: Site, phone: Collect, form: Form
) -> None:
    sent = observed(form, audit=AUDIT)
    files = {"audit.csv": AUDIT, "virus.exe": b"MZ", "config.toml": b"x", "audit.csv.bak": b"y"}
    assert post(phone, sent.xml, files).status == 201
    assert evidence(site) == [AUDIT]


def test_nodes_of_others_are_passed_over(site: Site, phone: Collect, form: Form) -> None:
    sent = observed(form).xml
    more = b'<due xmlns="http://example.org/evil">12</due><unknown><due>13</due></unknown>'
    assert post(phone, sent.replace(b"<due>40", more + b"<due>40")).status == 201
    assert '"due":40' in rows(site, ObservationRow)[0].answers
    assert rows(site, ArrivalRow)[0].content.count(b"<due") == 3  # as it came


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x=1",
        f"--{BOUNDARY}--\r\n".encode(),
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="xml_submission_file"\r\n\r\n<data/>'
        f"\r\n--{BOUNDARY}--\r\n".encode(),
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=".encode(),
    ],
)
@pytest.mark.parametrize(
    "kind", [f"multipart/form-data; boundary={BOUNDARY}", "multipart/form-data", "text/xml", ""]
)
def test_posts_without_a_record_are_refused(untouched: Untouched, body: bytes, kind: str) -> None:
    phone = untouched.phone
    reply = phone.send("POST", f"{phone.server}/submission", body, kind)
    assert reply.status == 400 and reply.message and nothing_kept(untouched.site)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_verbs_do_nothing(untouched: Untouched, method: str) -> None:
    phone = untouched.phone
    assert phone.send(method, f"{phone.server}/submission", b"", "").status == 405
    assert nothing_kept(untouched.site)


@pytest.mark.parametrize("key", ["x", "A" * 43, "%00", "..%2f..", "' OR 1=1 --", "x" * 5000])
def test_a_wrong_key_opens_nothing(untouched: Untouched, key: str) -> None:
    other = Collect(f"http://localhost/collect/key/{key}", untouched.phone.send)
    reply = other.post(f"{other.server}/submission", observed(untouched.form).xml, {})
    assert reply.status in (403, 404) and nothing_kept(untouched.site)


PLACES = st.sampled_from([b"<", b">", b"/", b"&", b'"', b"=", b"data", b"meta", b"instanceID", b""])


@given(at=st.integers(0, 1500), cut=st.integers(0, 60), put=PLACES | st.binary(max_size=8))
@example(at=23, cut=0, put=b"\xef\xbb\xbf")
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_bent_records_are_refused_or_kept_and_never_a_failure(
    site: Site, phone: Collect, form: Form, at: int, cut: int, put: bytes
) -> None:
    whole = observed(form).xml
    bent = whole[:at] + put + whole[at + cut :]
    reply = post(phone, bent)
    assert reply.status in (201, 202, 400, 404, 409), (reply.status, bent)
    kept = {row.content for row in rows(site, ArrivalRow)}
    assert (bent in kept) == (reply.status in (201, 202, 409)) and reply.message

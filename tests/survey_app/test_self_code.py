"""Self-made codes: a keyed digest apart from answers, pairs without persons, a passing key."""

from __future__ import annotations

import json
from functools import partial

import pytest
from sqlalchemy import select
from test_paper_entry import PAGE, clerks, rows, sheet

from instruments.extract import read_extract
from site_for_tests import Site, filled
from survey_app import cli, db
from survey_app.models import PaperEntryRow, ResponseRow
from survey_app.services import pairing, respond
from survey_app.services.extract import seal_cycle
from survey_app.services.programme import current_cycle, programme_of

pytest_plugins = ("site_fixtures",)
__all__ = ["clerks"]

WORDS = ("芳", "实", "17")
CODE = dict(zip(("self_code-mother", "self_code-school", "self_code-day"), WORDS, strict=True))
CORE, FOLLOWUP = "responses_trainee_core_v1_0", "responses_followup_v1_0"


def answer(site: Site, door: str, scope: str, **changes: str) -> dict[str, str]:
    """One trainee's whole answer; returns what was sent."""
    [ticket] = site.tickets(scope, count=1)
    client = site.visitor()
    form = filled(site, client.get(f"{door}/form").text, ticket, **changes)
    assert client.post(f"{door}/form", data=form).status_code == 303
    return form


@pytest.mark.sqlite
def test_only_a_keyed_digest_is_kept_apart_from_the_answers(site: Site) -> None:
    answer(site, "/c/C1", "class", **CODE)
    answer(site, "/c/C1", "class", **CODE | {"self_code-day": ""})
    assert sorted(len(row.pairing) for row in rows(site)) == [0, 64]
    for row in rows(site):
        answers = json.loads(row.answers)
        assert not any(name.startswith("self_code") for name in answers)
        assert not set(WORDS) & set(map(str, answers.values()))
    whole = (site.home / "site.db").read_bytes()
    assert not any(f'"{word}"'.encode() in whole for word in WORDS)


def test_the_digest_needs_key_class_and_code(site: Site) -> None:
    answer(site, "/c/C1", "class", **CODE)
    [row] = rows(site)
    with db.look(site.engine) as session:
        form = programme_of(session, current_cycle(session)).instrument(role="trainee", per="class")
    key = partial(site.settings.secret, "pairing")
    assert row.pairing == pairing.pairing_of(CODE, form, key=key, class_code="C1")
    typed_otherwise = {name: f" {said}" for name, said in CODE.items()}
    assert row.pairing == pairing.pairing_of(typed_otherwise, form, key=key, class_code="C1")
    for other in ({"key": lambda: b"x"}, {"class_code": "C2"}):
        mine = {"key": key, "class_code": "C1"} | other
        assert row.pairing != pairing.pairing_of(CODE, form, **mine)


def test_the_page_asks_in_both_waves_and_shows_again_what_it_asked(site: Site) -> None:
    [ticket] = site.tickets(count=1)
    client = site.visitor()
    page = client.get("/c/C1/form").text
    assert "自编代码（选填）" in page and "母亲名字的最后一个字" in page
    again = client.post("/c/C1/form", data=filled(site, page, ticket, q01="9", **CODE))
    assert again.status_code == 422 and 'value="芳"' in again.text
    site.state("跟踪开放")
    assert "母亲名字的最后一个字" in client.get("/f/C1/form").text
    site.state("开放")
    assert "自编代码" not in client.get("/s/S1/form").text


def store(site: Site, wave: str, codes: str, class_code: str = "C1") -> None:
    """One answer for each letter: whoever has the same letter has the same code; '-' has none."""
    form = {"end": "trainee_core", "followup": "followup"}[wave]
    with db.transaction(site.engine) as session:
        for code in codes:
            session.add(
                ResponseRow(
                    id=respond.new_id(),
                    instrument=form,
                    version="1.0",
                    class_code=class_code,
                    session="",
                    day="2021-07-09",
                    duration="",
                    answers="{}",
                    nonce=respond.new_id(),
                    pairing="" if code == "-" else f"{class_code}{code}",
                )
            )


def pairs(site: Site, least: int = 1) -> list[tuple[str, ...]]:
    """Codes of the rows that share a pair number."""
    with db.look(site.engine) as session:
        forms = programme_of(session, current_cycle(session)).instruments
        found = pairing.matched_pairs(session, forms, classes={"C1", "C2"}, least=least)
        codes = {row.id: row.pairing for row in session.scalars(select(ResponseRow))}
    shared: dict[str, list[str]] = {}
    for response, number in found.items():
        shared.setdefault(number, []).append(codes[response])
    return sorted(map(tuple, shared.values()))


@pytest.mark.parametrize(
    ("end", "followup", "found"),
    [
        ("ab-", "ba-", ["a", "b"]),
        ("aab", "ab", ["b"]),
        ("ab", "abb", ["a"]),
        ("aa", "", []),
        ("a", "b", []),
        ("--", "--", []),
    ],
)
def test_a_code_that_two_share_pairs_nobody(
    site: Site, end: str, followup: str, found: list[str]
) -> None:
    store(site, "end", end)
    store(site, "followup", followup)
    assert pairs(site) == [(f"C1{code}",) * 2 for code in found]


def test_codes_are_matched_within_a_class_and_few_pairs_are_withheld(site: Site) -> None:
    for class_code, codes in (("C1", "abcde"), ("C2", "abcd")):
        store(site, "end", codes, class_code)
        store(site, "followup", codes, class_code)
    assert len(pairs(site)) == 9
    assert pairs(site, least=5) == [(f"C1{code}",) * 2 for code in "abcde"]


def test_the_extract_holds_pair_numbers_and_no_digest(site: Site) -> None:
    site.state("跟踪开放")
    store(site, "end", "abcdef-")
    store(site, "followup", "abcdeg")
    site.state("跟踪关闭")
    sealed = seal_cycle(site.engine, site.settings, by="boss")
    extract = read_extract(sealed.path)
    before, after = (extract.table(name)["pair"].dropna() for name in (CORE, FOLLOWUP))
    assert sorted(before) == sorted(after) == [f"T{n:05d}" for n in range(1, 6)]
    assert "pairing" not in extract.table(CORE).columns
    data = b"".join(path.read_bytes() for path in sealed.path.rglob("*") if path.is_file())
    assert b"C1a" not in data


def test_the_first_edition_tells_nothing_of_codes(site: Site) -> None:
    store(site, "end", "aabcde")
    site.state("关闭")
    extract = read_extract(seal_cycle(site.engine, site.settings, by="boss").path)
    assert extract.table(CORE)["pair"].isna().all()


@pytest.mark.parametrize("by", ["page", "command"])
def test_the_key_is_destroyed_when_the_follow_up_closes(site: Site, by: str, monkeypatch) -> None:
    monkeypatch.setenv("GUOPEI_HOME", str(site.home))

    def close() -> None:
        if by == "page":
            assert site.staff("boss").post("/province/close").status_code == 303
        else:
            assert cli.run(["close"]) == 0

    key = site.settings.secret("pairing")
    close()
    assert site.settings.secret("pairing") == key  # the follow-up is still to come
    site.state("跟踪开放")
    form = answer(site, "/f/C1", "followup", **CODE)
    close()
    fresh = site.settings.secret("pairing")
    assert fresh != key and len(fresh) == 32
    assert site.visitor().post("/f/C1/form", data=form).status_code == 303  # a retry is known


def test_codes_on_paper_are_typed_twice_too(site: Site, clerks) -> None:
    boss, clerk = clerks
    [ticket] = site.tickets(count=1)
    boss.post(PAGE, sheet(site, ticket) | CODE)
    with db.look(site.engine) as session:
        [entry] = session.scalars(select(PaperEntryRow))
    assert len(entry.pairing) == 64 and "芳" not in entry.answers
    other = clerk.post(PAGE, sheet(site, ticket) | CODE | {"self_code-day": "18"})
    assert other.status_code == 409 and "#item-self_code" in other.text
    assert clerk.post(PAGE, sheet(site, ticket) | CODE).location.endswith("told=matched")
    assert [row.pairing for row in rows(site)] == [entry.pairing]

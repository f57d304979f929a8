"""One answer for each token and one token for each place on a roster, whoever posts and how often;
prove: full counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from blind_phone import UNTIL, ask, blind, closed, fetch, listed, members, public_of, token_form
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from site_for_tests import Site, build
from survey_app import clock, db
from survey_app.models import ClassRow, ResponseRow, RosterRow, SpentTokenRow, TokenWindowRow
from survey_app.services import tokens

pytest_plugins = ("site_fixtures",)

AT_ONCE = 16
FORM = "/c/C1/form"


def count(site: Site, table, *where) -> int:
    with db.look(site.engine) as session:
        return int(session.scalar(select(func.count()).select_from(table).where(*where)) or 0)


def at_once(post: Callable[[Any], Any], sent: Iterable[Any]) -> list[Any]:
    """Send everything in the same moment, each from a phone of its own."""
    sent = list(sent)
    ready = Barrier(len(sent))

    def waiting(one: Any) -> Any:
        ready.wait()
        return post(one)

    with ThreadPoolExecutor(len(sent)) as pool:
        return list(pool.map(waiting, sent))


def answers(site: Site, forms: list[dict[str, str]]) -> list[Any]:
    return at_once(lambda form: site.visitor().post(FORM, data=form), forms)


def tokens_of(site: Site, full_count: bool) -> list[str]:
    """Two tokens that may be used; forty at full count."""
    people = members(40 if full_count else 5)
    with db.transaction(site.engine) as session:
        session.get_one(ClassRow, "C1").enrolled = len(people)
    boss = site.staff("boss")
    listed(boss, people)
    made = [fetch(site, person) for person in people[: 40 if full_count else 2]]
    closed(boss)
    return made


@pytest.mark.prove
def test_posts_at_once_with_one_token_are_one_answer(
    site: Site, full_count: bool, proven: Callable[[str], None]
) -> None:
    """The same form is a success for all who send it, another one for the first alone."""
    held = tokens_of(site, full_count)
    for number, token in enumerate(held):
        if number % 2:
            forms = [token_form(site, token, comment=f"第{place}份") for place in range(AT_ONCE)]
            replies = answers(site, forms)
            assert Counter(reply.status_code for reply in replies) == {303: 1, 409: AT_ONCE - 1}
        else:
            replies = answers(site, [token_form(site, token)] * AT_ONCE)
            assert {reply.status_code for reply in replies} == {303}
            assert len({reply.location for reply in replies}) == 1
        assert count(site, ResponseRow) == count(site, SpentTokenRow) == number + 1
    proven(
        f"{len(held)} tokens, {AT_ONCE} posts at once with each: identical ones all succeed,"
        " of different ones one; one row each time"
    )


def test_different_messages_for_one_place_on_the_roster_are_signed_once(site: Site) -> None:
    [person, *others] = members()
    listed(site.staff("boss"), [person, *others])
    public = public_of(site)
    replies = at_once(
        lambda sent: ask(site, person, sent), [blind(public).sent for _ in range(AT_ONCE)]
    )
    assert Counter(reply.status_code for reply in replies) == {200: 1, 409: AT_ONCE - 1}
    assert count(site, RosterRow, RosterRow.blinded != "") == 1


def test_the_first_answers_after_the_last_day_close_the_window_once(
    site: Site, monkeypatch
) -> None:
    people = members()
    listed(site.staff("boss"), people, until=clock.today())
    fetched = [fetch(site, person) for person in people]
    monkeypatch.setattr(clock, "today", lambda: UNTIL)
    replies = answers(site, [token_form(site, token) for token in fetched])
    assert {reply.status_code for reply in replies} == {303}
    assert count(site, RosterRow) == 0
    assert count(site, TokenWindowRow, TokenWindowRow.fetched == len(people)) == 1


def test_who_was_signed_for_while_the_window_closed_gets_nothing(site: Site, monkeypatch) -> None:
    boss, person = site.staff("boss"), members()[0]
    listed(boss, members())
    signing = tokens.sign

    def slowly(*args: Any, **rest: Any) -> bytes:
        signed = signing(*args, **rest)
        closed(boss)
        return signed

    monkeypatch.setattr(tokens, "sign", slowly)
    late = ask(site, person, blind(public_of(site)).sent)
    assert late.status_code == 410 and "signature" not in late.json
    assert count(site, TokenWindowRow, TokenWindowRow.fetched == 0) == 1


def test_the_same_message_at_once_is_signed_alike_for_all(site: Site) -> None:
    [person, *others] = members()
    listed(site.staff("boss"), [person, *others])
    made = blind(public_of(site))
    replies = at_once(lambda sent: ask(site, person, sent), [made.sent] * AT_ONCE)
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json["signature"] for reply in replies}) == 1


@pytest.mark.prove
def test_a_class_behind_one_address_is_never_refused(
    site: Site, full_count: bool, proven: Callable[[str], None]
) -> None:
    """Everybody errs once or twice; nobody waits, and staff sign in as before."""
    people = members(300 if full_count else 16)
    with db.transaction(site.engine) as session:
        session.get_one(ClassRow, "C1").enrolled = len(people)
    listed(site.staff("boss"), people)
    public, address = public_of(site), {"REMOTE_ADDR": "203.0.113.7"}
    for name, secret in people:
        sent = blind(public).sent
        typed = [(name, "9999"), (name, "0"), (name, secret)]
        assert [ask(site, one, sent, **address).status_code for one in typed] == [422, 422, 200]
    assert count(site, RosterRow, RosterRow.blinded != "") == len(people)
    proven(f"{len(people)} trainees behind one address, each erring twice, fetch their tokens")


def test_guessing_at_one_name_slows_down(site: Site) -> None:
    listed(site.staff("boss"), members())
    sent = blind(public_of(site)).sent
    tried = [ask(site, ("学员0", f"{guess}"), sent).status_code for guess in range(5000, 5006)]
    assert tried == [422] * 5 + [429]
    late = ask(site, members()[0], sent)  # even the right one waits, and is told how long
    wait = late.headers["Retry-After"]
    assert late.status_code == 429 and wait in ("3", "4", "5")  # less what has passed meanwhile
    assert f"{wait}秒后再试，或向班主任要一张纸条" in late.json["message"]
    assert ask(site, members()[1], sent).status_code == 200


BYTES = st.binary(max_size=40).map(bytes.hex) | st.sampled_from(["", ".", "00" * 256, "f" * 512])
TEXTS = (
    st.text(max_size=40) | BYTES | st.sampled_from(["\0", "ｆｆ", "{{7*7}}", "a" * 9000, "\ud800"])
)


@st.composite
def bent(draw, good: str) -> str:
    """A token that was damaged somewhere, or something else altogether."""
    message, signature = good.split(".")
    place = draw(st.integers(0, len(good) - 1))
    return draw(
        st.sampled_from(
            [
                good[:place],
                good[place + 1 :],
                good[:place] + ("0" if good[place] != "0" else "1") + good[place + 1 :],
                f"{signature}.{message}",
                f"{message}.{signature}{'00'}",
                f"{message}.{'0' * 512}",
                f"{message}.{'f' * 512}",
                message,
                good + good,
            ]
        )
        | TEXTS
    )


@pytest.mark.prove
def test_malformed_tokens_store_nothing_and_fail_nowhere(
    tmp_path_factory: pytest.TempPathFactory, full_count: bool, proven: Callable[[str], None]
) -> None:
    site = build(tmp_path_factory.mktemp("malformed") / "home")
    boss, people = site.staff("boss"), members()
    listed(boss, people)
    good = fetch(site, people[0])
    closed(boss)
    form, client, tried = token_form(site, good), site.visitor(), Counter()

    @settings(
        max_examples=10_000 if full_count else 60,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(bent(good), st.sampled_from(["token", "TOKEN", "ticket", ""]))
    def refused(held: str, by: str) -> None:
        changed = form | {"held": held, "by": by}
        encoded = {name: text.encode("utf-8", "surrogatepass") for name, text in changed.items()}
        status = client.post(FORM, data=encoded).status_code
        tried[status] += 1
        assert 400 <= status < 500, held

    refused()
    assert count(site, ResponseRow) == count(site, SpentTokenRow) == 0
    assert client.post(FORM, data=form).status_code == 303  # it was the damage that was refused
    site.engine.dispose()
    proven(f"{sum(tried.values())} malformed tokens: {dict(sorted(tried.items()))}, 0 stored")


@pytest.mark.prove
def test_malformed_requests_for_a_signature_are_refused(
    tmp_path_factory: pytest.TempPathFactory, full_count: bool, proven: Callable[[str], None]
) -> None:
    """Whoever is listed sends anything as the blinded message: no fault, nothing signed."""
    site = build(tmp_path_factory.mktemp("unblinded") / "home")
    listed(site.staff("boss"), members())
    [person, *_], client, tried = members(), site.visitor(), Counter()
    size = public_of(site).size
    numbers = st.sampled_from([0, 1, public_of(site).modulus - 1, public_of(site).modulus])
    strange = TEXTS | numbers.map(lambda number: number.to_bytes(size, "big").hex())

    @settings(
        max_examples=10_000 if full_count else 40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(strange, st.just(person) | st.tuples(TEXTS, TEXTS))
    def refused(blinded: str, who: tuple[str, str]) -> None:
        sent = {"name": who[0], "secret": who[1], "blinded": blinded}
        encoded = {name: text.encode("utf-8", "surrogatepass") for name, text in sent.items()}
        status = client.post("/c/C1/token", data=encoded).status_code
        tried[status] += 1
        assert 400 <= status < 500, sent

    refused()
    assert count(site, RosterRow, RosterRow.blinded != "") == 0
    site.engine.dispose()
    proven(f"{sum(tried.values())} malformed requests: {dict(sorted(tried.items()))}, 0 signed")

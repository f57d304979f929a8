"""One answer for each slip, whoever posts, how often, and whatever is sent; prove: full counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from site_for_tests import Site, build, filled
from survey_app import db
from survey_app.models import ClassRow, ResponseRow, TicketRow
from survey_app.services import tickets

pytest_plugins = ("site_fixtures",)

AT_ONCE = 16
FORM = "/c/C1/form"
TEXTS = st.text(max_size=40) | st.sampled_from(
    ["", "0", "\0", "９" * 16, "A" * 5000, "=1+1", "'; DROP TABLE responses--", "{{7*7}}", "\ud800"]
)
NAMES = (
    "token",
    "response",
    "nonce",
    "ticket",
    "duration",
    "confirmed",
    "q01",
    "q02",
    "comment",
    "self_code-mother",
    "self_code-day",
    "没有这个",
)

OWN = NAMES[:3]
"""What the page carries itself: damaged, it is refused before anything else is looked at."""
DAMAGES = (
    st.dictionaries(st.sampled_from(NAMES[3:]), TEXTS, min_size=1)
    | st.dictionaries(st.sampled_from(NAMES), TEXTS, min_size=1),
    st.just(set()) | st.just(set()) | st.sets(st.sampled_from(OWN)),
)


def count(site: Site) -> int:
    with db.look(site.engine) as session:
        return int(session.scalar(select(func.count()).select_from(ResponseRow)) or 0)


def spent(site: Site) -> int:
    with db.look(site.engine) as session:
        query = select(func.count()).where(TicketRow.spent.is_(True))
        return int(session.scalar(query) or 0)


def at_once(site: Site, forms: list[dict[str, str]]) -> list[tuple[int, str]]:
    """Post every form in the same moment, each as a phone of its own."""
    ready = Barrier(len(forms))

    def post(form: dict[str, str]) -> tuple[int, str]:
        ready.wait()
        reply = site.visitor().post(FORM, data=form)
        return reply.status_code, reply.location or ""

    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(post, forms))


def slips(site: Site, full_count: bool) -> list[str]:
    """One slip; a hundred at full count."""
    count = 100 if full_count else 1
    with db.transaction(site.engine) as session:
        session.get_one(ClassRow, "C1").enrolled = max(count, 6)
    return site.tickets(count=count)


@pytest.mark.prove
def test_the_same_form_at_once_is_one_answer_and_all_are_told_so(
    site: Site, full_count: bool, proven: Callable[[str], None]
) -> None:
    codes = slips(site, full_count)
    for number, ticket in enumerate(codes, start=1):
        form = filled(site, site.visitor().get(FORM).text, ticket)
        replies = at_once(site, [form] * AT_ONCE)
        assert {status for status, _ in replies} == {303}
        assert len({receipt for _, receipt in replies}) == 1
        assert (count(site), spent(site)) == (number, number)
    proven(f"{len(codes)} times {AT_ONCE} identical posts at once: all succeed, one row each time")


@pytest.mark.prove
def test_different_forms_with_one_slip_are_one_answer(
    site: Site, full_count: bool, proven: Callable[[str], None]
) -> None:
    codes = slips(site, full_count)
    for number, ticket in enumerate(codes, start=1):
        forms = [
            filled(site, site.visitor().get(FORM).text, ticket, comment=f"第{place}份")
            for place in range(AT_ONCE)
        ]
        replies = at_once(site, forms)
        assert Counter(status for status, _ in replies) == {303: 1, 409: AT_ONCE - 1}
        assert (count(site), spent(site)) == (number, number)
    proven(f"{len(codes)} times {AT_ONCE} different posts with one ticket: one success each time")


def test_every_slip_of_a_class_at_once_is_an_answer_of_its_own(site: Site) -> None:
    codes = site.tickets()
    pages = [site.visitor().get(FORM).text for _ in codes]
    replies = at_once(
        site, [filled(site, page, one) for page, one in zip(pages, codes, strict=True)]
    )
    assert {status for status, _ in replies} == {303}
    assert len({receipt for _, receipt in replies}) == len(codes)
    assert count(site) == spent(site) == len(codes)


@pytest.mark.prove
def test_malformed_forms_store_nothing_and_fail_nowhere(
    tmp_path_factory: pytest.TempPathFactory, full_count: bool, proven: Callable[[str], None]
) -> None:
    """Fields of any kind, missing, repeated or damaged: a refusal in words, never a fault."""
    site = build(tmp_path_factory.mktemp("malformed") / "home")
    [ticket] = site.tickets(count=1)
    client = site.visitor()
    good = filled(site, client.get(FORM).text, ticket)
    tried = Counter()

    @settings(
        max_examples=10_000 if full_count else 150,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(*DAMAGES)
    def refused(changes: dict[str, str], left_out: set[str]) -> None:
        form = {name: text for name, text in (good | changes).items() if name not in left_out}
        if form.get("ticket") == ticket:  # no slip may be used up
            form["ticket"] = ticket[:-1] + ("1" if ticket[-1] != "1" else "2")
        encoded = {name: text.encode("utf-8", "surrogatepass") for name, text in form.items()}
        status = client.post(FORM, data=encoded).status_code
        tried[status] += 1
        assert 400 <= status < 500, form

    refused()
    assert (count(site), spent(site)) == (0, 0)
    assert client.post(FORM, data=good).status_code == 303  # it was the changes that were refused
    site.engine.dispose()
    proven(f"{sum(tried.values())} malformed forms: {dict(sorted(tried.items()))}, 0 stored")


@st.composite
def bent_tickets(draw, good: str, elsewhere: str) -> str:
    """A code that was damaged somewhere, is of another place, was never issued, or no code."""
    place = draw(st.integers(0, len(good) - 1))
    sign = draw(st.sampled_from(tickets.ALPHABET + "OU0l*") | st.characters())
    damaged = [good[:place], good[place + 1 :], good[:place] + sign + good[place + 1 :]]
    damaged += [good[place:] + good[:place], good + sign, good * 2, good[::-1], elsewhere]
    never_issued = st.builds(tickets.new_code)
    return draw(st.sampled_from(damaged) | never_issued | TEXTS)


@pytest.mark.prove
def test_malformed_tickets_store_nothing_and_fail_nowhere(
    tmp_path_factory: pytest.TempPathFactory, full_count: bool, proven: Callable[[str], None]
) -> None:
    """A whole answer each time, and nothing but the code is wrong."""
    site = build(tmp_path_factory.mktemp("malformed") / "home")
    [ticket], [elsewhere] = site.tickets(count=1), site.tickets("session", "S1", 1)
    client, tried = site.visitor(), Counter()
    good = filled(site, client.get(FORM).text, ticket)

    @settings(
        max_examples=10_000 if full_count else 60,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(bent_tickets(ticket, elsewhere), st.sampled_from(["", "ticket", "token", "\0"]))
    def refused(typed: str, by: str) -> None:
        if tickets.read_code(typed) == tickets.read_code(ticket):  # typed otherwise, yet right
            typed = elsewhere
        form = good | {"ticket": typed} | ({"by": by} if by else {})
        encoded = {name: text.encode("utf-8", "surrogatepass") for name, text in form.items()}
        status = client.post(FORM, data=encoded).status_code
        tried[status] += 1
        assert 400 <= status < 500, typed

    refused()
    assert (count(site), spent(site)) == (0, 0)
    assert client.post(FORM, data=good).status_code == 303
    site.engine.dispose()
    proven(f"{sum(tried.values())} malformed tickets: {dict(sorted(tried.items()))}, 0 stored")

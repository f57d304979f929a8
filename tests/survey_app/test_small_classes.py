"""Classes of too few: nothing of them in any table, nothing of a few in the others, all counted."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from instruments.extract import read_extract
from instruments.programme import Withheld
from site_for_tests import Site, build
from survey_app import db
from survey_app.models import ClassRow, ResponseRow
from survey_app.services import answer_frames, respond
from survey_app.services.answer_frames import responses
from survey_app.services.extract import seal_cycle
from survey_app.services.frames import build_tables
from survey_app.services.programme import current_cycle, programme_of
from survey_app.services.traits import rare
from survey_app.services.withheld import withheld_answers

pytest_plugins = ("site_fixtures",)

SEEN = ("stage", "years", "locality", "medium", "day")
"""What others can know of somebody who has answered."""
CLASSES = {"C1": "P1", "C2": "P2"}


@dataclass(frozen=True)
class Person:
    """Who answers once, and what others know of her."""

    class_code: str
    stage: str
    years: str
    medium: str
    day: str
    locality: str = "rural"


PEOPLE = st.lists(
    st.builds(
        Person,
        st.sampled_from(["C1", "C1", "C1", "C2"]),
        st.sampled_from(["primary", "junior"]),
        st.sampled_from(["6-15", "26+"]),
        st.sampled_from(["online", "online", "online", "paper"]),
        st.sampled_from(["2021-07-09", "2021-07-09", "2021-07-10", "2021-07-11"]),
        st.sampled_from(["rural", "town"]),
    ),
    max_size=24,
)


def put(site: Site, people: Sequence[Person], enrolled: int = 40) -> dict[str, Person]:
    """One answer each; response → who gave it."""
    given = {}
    with db.transaction(site.engine) as session:
        session.execute(delete(ResponseRow))
        session.execute(update(ClassRow).values(enrolled=enrolled))
        for one in people:
            answers = {"q01": "4", "stage": one.stage, "years": one.years, "comment": "好"}
            answers["locality"] = one.locality
            row = ResponseRow(
                id=respond.new_id(),
                instrument="trainee_core",
                version="1.0",
                class_code=one.class_code,
                session="",
                day=one.day,
                duration="",
                answers=respond.canonical(answers),
                nonce=respond.new_id(),
                medium=one.medium,
            )
            given[row.id] = one
            session.add(row)
    return given


def taken(site: Site) -> tuple[list[dict[str, object]], Withheld | None]:
    with db.look(site.engine) as session:
        programme = programme_of(session, current_cycle(session))
        core = programme.instrument(role="trainee", per="class")
        classes = [session.get_one(ClassRow, code) for code in CLASSES]
        return responses(session, core, programme, CLASSES, {}), withheld_answers(
            session, programme, classes
        )


def could_be(row: dict[str, object], person: Person) -> bool:
    """Whether what the table tells of the row fits what is known of the person."""
    known = {name: getattr(person, name) for name in ("class_code", *SEEN)}
    return all(row.get(name) in (None, value) for name, value in known.items())


def found_out(rows: list[dict[str, object]], given: dict[str, Person]) -> list[Person]:
    """People whose answer is one of fewer than three, for somebody who knows all that is seen."""
    mine = {str(row["response"]): row for row in rows}
    return [
        person
        for response, person in given.items()
        if response in mine and sum(could_be(row, person) for row in rows) < 3
    ]


def test_nobody_is_one_of_fewer_than_three_and_no_class_one_of_few(tmp_path: Path) -> None:
    site = build(tmp_path / "home")

    @settings(
        max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(PEOPLE)
    def hidden(people: list[Person]) -> None:
        given = put(site, people)
        rows, withheld = taken(site)
        sizes = Counter(person.class_code for person in people)
        few = [n for n in sizes.values() if n < 5]
        assert Counter(row["class_code"] for row in rows) == {
            code: n for code, n in sizes.items() if n >= 5
        }
        told = sum(few) if sum(few) >= 5 else None
        assert withheld == (Withheld(len(few), told) if few else None)
        assert found_out(rows, given) == []
        seen = Counter(tuple(row.get(name) for name in ("class_code", *SEEN)) for row in rows)
        assert min(seen.values(), default=3) >= 3

    hidden()
    site.engine.dispose()


def test_a_day_on_which_several_came_stays_beside_the_traits_that_are_needed(site: Site) -> None:
    """The plan adjusts by stage and years; locality goes first, and then the days of a few."""
    early = Person("C1", "primary", "6-15", "online", "2021-07-09")
    late = replace(early, day="2021-07-11")
    put(site, [early] * 6 + [late] * 2 + [replace(late, locality="town")] * 2)
    rows, _ = taken(site)
    assert {(row["stage"], row["years"]) for row in rows} == {("primary", "6-15")}
    assert Counter(row["day"] for row in rows) == {"2021-07-09": 6, "2021-07-11": 4}
    assert Counter(row["locality"] for row in rows) == {"rural": 6, None: 4}


def test_the_attack_finds_out_whom_nothing_hides(site: Site, monkeypatch) -> None:
    """The same attack on a table that keeps the day of a single one, and on one that coarsens no
    trait."""
    alone = Person("C1", "primary", "6-15", "online", "2021-07-11")
    others = [Person("C1", "primary", "6-15", "online", "2021-07-09")] * 6
    given = put(site, [alone, *others])
    assert found_out(taken(site)[0], given) == []
    monkeypatch.setattr(answer_frames, "_cover_day", lambda *_: None)
    assert found_out(taken(site)[0], given) == [alone]
    monkeypatch.setattr(answer_frames, "coarsen", lambda rows, k: rows)
    rare_one = Person("C1", "junior", "26+", "online", "2021-07-09")
    given = put(site, [rare_one, *others])
    assert found_out(taken(site)[0], given) == [rare_one]


@example(list("aaaabbbc"), 3)
@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=20), st.integers(1, 6))
def test_what_is_rare_is_blanked_with_as_few_others_as_do(values: list[str | None], k: int) -> None:
    blank = rare(values, k)
    left = Counter(value for place, value in enumerate(values) if place not in blank)
    assert {place for place, value in enumerate(values) if value is None} <= blank
    assert min(left.values(), default=k) >= k
    assert not blank or len(blank) >= min(k, len(values))
    if len(values) <= 9:
        assert len(blank) == fewest(values, k)


def fewest(values: list[str | None], k: int) -> int:
    """By trying: the fewest places whose blanking leaves nothing rare."""
    gone = {place for place, value in enumerate(values) if value is None}
    rest = [place for place in range(len(values)) if place not in gone]
    for size in range(len(rest) + 1):
        for more in combinations(rest, size):
            blank = gone | set(more)
            left = Counter(v for place, v in enumerate(values) if place not in blank)
            if min(left.values(), default=k) >= k and (not blank or len(blank) >= k):
                return len(blank)
    return len(values)


def test_few_are_in_no_table_but_counted_in_the_manifest(site: Site) -> None:
    """Design section 5: below the minimum cell nothing is shown; nothing is deleted silently. Four
    answers of a class and four slips of one of its sessions."""
    person = Person("C1", "primary", "6-15", "online", "2021-07-09")
    few = Person("C2", "primary", "6-15", "online", "2021-07-09")
    put(site, [person] * 6 + [few] * 4)
    slips(site, 4)
    site.state("关闭")
    extract = read_extract(seal_cycle(site.engine, site.settings, by="boss").path)
    assert extract.cycle.withheld == Withheld(2, 8)
    rows = extract.table("responses_trainee_core_v1_0")
    assert set(rows["class_code"]) == {"C1"} and len(rows) == 6
    assert len(extract.table("responses_session_form_v1_0")) == 0
    manifest = json.loads((extract.path / "datapackage.json").read_text(encoding="utf-8"))
    told = {"groups": 2, "answers": 8, "reason": "below_min_cell"}
    assert manifest["extract"]["cycle"]["withheld"] == told
    with db.look(site.engine) as session:
        assert session.query(ResponseRow).count() == 14  # all are kept


def slips(site: Site, count: int) -> None:
    with db.transaction(site.engine) as session:
        for number in range(count):
            row = {"instrument": "session_form", "version": "1.0", "session": "S1"}
            row |= {"class_code": "C2", "day": "2021-07-02", "duration": ""}
            answers = respond.canonical({"s1": "4"})
            nonce = respond.new_id()
            session.add(ResponseRow(id=f"{number:032x}", nonce=nonce, answers=answers, **row))


def tables(site: Site) -> dict[str, pd.DataFrame]:
    with db.look(site.engine) as session:
        cycle = current_cycle(session)
        programme = programme_of(session, cycle)
        when = {"edition": "end", "day": "2021-08-01"}
        return build_tables(session, cycle, programme, lambda codes: dict.fromkeys(codes), **when)


def test_a_class_of_four_is_in_no_table_however_many_answer(site: Site) -> None:
    put(site, [Person("C1", "primary", "6-15", "online", "2021-07-09")] * 5)
    assert len(tables(site)["responses_trainee_core_v1_0"]) == 5
    assert len(tables(site)["roster_margins"]) > 0
    with db.transaction(site.engine) as session:
        session.execute(update(ClassRow).values(enrolled=4))  # with a spare slip
    found = tables(site)
    assert len(found["responses_trainee_core_v1_0"]) == len(found["roster_margins"]) == 0
    assert len(found["classes"]) == 2
    assert taken(site)[1] == Withheld(1, 5)


def test_both_answers_of_a_pair_tell_what_was_seen_once() -> None:
    """Days and traits of both waves together could be one person's: the second has none."""
    groups: dict[str, list[dict[str, object]]] = defaultdict(list)
    for place in range(10):
        pair = f"{place}" if place < 6 else None
        row = {"response": f"{place}", "pair": pair, "day": "2021-12-01", "medium": "online"}
        groups["C1"].append(row | {"stage": "primary", "duration": "1-3"})
    answer_frames._part_pairs(groups["C1"], ["stage"])
    for row in groups["C1"]:
        seen = {row["day"], row["medium"], row["stage"], row["duration"]}
        assert (seen == {None}) == (row["pair"] is not None)

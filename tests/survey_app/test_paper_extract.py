"""How an answer came, in the extract: told where enough came so, withheld elsewhere."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from instruments.extract import read_extract
from site_for_tests import Site, build
from survey_app import db
from survey_app.models import ResponseRow
from survey_app.services import respond
from survey_app.services.answer_frames import responses
from survey_app.services.extract import seal_cycle
from survey_app.services.programme import current_cycle, programme_of

pytest_plugins = ("site_fixtures",)

TRAITS = ("stage", "years", "locality")
PEOPLE = st.lists(
    st.tuples(st.sampled_from(["online", "paper"]), st.sampled_from(["primary", "junior", ""])),
    max_size=14,
)


def put(site: Site, people: list[tuple[str, str]]) -> None:
    """One answer for each of these media and stages."""
    with db.transaction(site.engine) as session:
        session.execute(delete(ResponseRow))
        for medium, stage in people:
            answers = {"q01": "4"} | ({"stage": stage} if stage else {})
            session.add(
                ResponseRow(
                    id=respond.new_id(),
                    instrument="trainee_core",
                    version="1.0",
                    class_code="C1",
                    session="",
                    day="2021-07-09",
                    duration="" if medium == "paper" else "3-10",
                    answers=respond.canonical(answers),
                    nonce=respond.new_id(),
                    medium=medium,
                )
            )


def taken(site: Site) -> pd.DataFrame:
    with db.look(site.engine) as session:
        programme = programme_of(session, current_cycle(session))
        core = programme.instrument(role="trainee", per="class")
        return pd.DataFrame(responses(session, core, programme, {"C1": "P1"}, {}))


def test_a_few_on_paper_are_not_told_from_the_others(site: Site) -> None:
    put(site, [("online", "primary")] * 6 + [("paper", "primary")] * 2)
    frame = taken(site)
    assert frame["medium"].isna().all() and frame["duration"].isna().all()
    put(site, [("online", "primary")] * 6 + [("paper", "primary")] * 3)
    assert Counter(taken(site)["medium"]) == {"online": 6, "paper": 3}


def test_only_the_combination_that_paper_stands_in_is_covered(site: Site) -> None:
    put(site, [("online", "primary")] * 4 + [("online", "junior")] * 4 + [("paper", "junior")])
    frame = taken(site).fillna({"medium": "-"})
    found = Counter(zip(frame["stage"], frame["medium"], strict=True))
    assert found == {("primary", "online"): 4, ("junior", "-"): 5}


def test_no_combination_of_traits_and_medium_is_below_three(tmp_path: Path) -> None:
    site = build(tmp_path / "home")

    @settings(
        max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(PEOPLE)
    def covered(people: list[tuple[str, str]]) -> None:
        put(site, people)
        rows = taken(site).to_dict("records")
        known = Counter(tuple(row.get(name) for name in (*TRAITS, "medium")) for row in rows)
        assert {key: n for key, n in known.items() if n < 3} == {}
        assert len(rows) == (len(people) if len(people) >= 5 else 0)

    covered()
    site.engine.dispose()


def test_the_sealed_extract_and_its_codebook_tell_the_medium(site: Site) -> None:
    put(site, [("online", "")] * 3 + [("paper", "")] * 3)
    site.state("关闭")
    seal_cycle(site.engine, site.settings, by="boss")
    [folder] = [path for path in (site.home / "extracts").iterdir() if path.is_dir()]
    extract = read_extract(folder)
    frame = extract.table("responses_trainee_core_v1_0")
    assert Counter(frame["medium"]) == {"online": 3, "paper": 3}
    assert frame.loc[frame["medium"] == "paper", "duration"].isna().all()
    book = extract.table("codebook").set_index(["table", "column"])
    assert book.loc[("responses_trainee_core_v1_0", "medium"), "codes"] == "online;paper"

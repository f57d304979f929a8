"""The same form and answers by page, by device and by Collect: cell for cell one extract."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from collecting import EVERY, EVERY_ANSWERS, FULL, connected
from openrosa_client import fill
from pandas.testing import assert_frame_equal
from sqlalchemy import select

from instruments.builtin import load_instruments
from instruments.extract import Extract, read_extract
from site_for_tests import SMALL, Site, Staff, build
from survey_app import db
from survey_app.config import load_settings
from survey_app.models import ObservationRow
from survey_app.openrosa import read_submission
from survey_app.services.extract import seal_cycle
from survey_app.services.programme import Sources, current_cycle, store_sources

VISITS = {"E1": "V1", "E2": "V2"}
RUBRIC = ({**FULL, "advice": "手机 13812345678"}, {"due": "1", "present": "0", "e1": "unseen"})
"""What the first expert writes, and what the second does: little, and not in full."""
Given = Mapping[str, Any]
Way = Callable[[Site, Staff, str, Given], None]


def by_page(_site: Site, expert: Staff, visit: str, answers: Given) -> None:
    """As a browser posts the page: fields of rows by their number, choices one by one."""
    own = {"response": secrets.token_hex(16), "revision": "0"}
    reply = expert.post(f"/expert/visits/{visit}/sessions/S1", own | fields(answers))
    assert reply.status_code == 303


def by_device(_site: Site, expert: Staff, visit: str, answers: Given) -> None:
    """As the field page uploads a record."""
    form = expert.get("/expert/field/pack").get_json()["form"]
    told = {"record": secrets.token_hex(16), "visit": visit, "session": "S1", "base": 0}
    told |= {"instrument": form["code"], "version": form["version"], "earlier": []}
    told["answers"] = fields(answers)
    headers = {"X-CSRFToken": expert.token}
    reply = expert.client.post("/expert/field/records", data=json.dumps(told), headers=headers)
    assert reply.get_json()["standing"] == "taken"


def by_collect(site: Site, expert: Staff, visit: str, answers: Given) -> None:
    """As ODK Collect fills the downloaded form and sends it."""
    phone = connected(site, expert)
    sent = fill(phone.download(), {"About": f"{visit}.S1", **answers}, audit=b"event\n")
    assert [reply.status for reply in phone.submit(sent)] == [201]


WAYS: Mapping[str, Way] = {"page": by_page, "device": by_device, "collect": by_collect}


def fields(answers: Given) -> dict[str, Any]:
    """Answers as fields of a page."""
    found: dict[str, Any] = {}
    for name, value in answers.items():
        if isinstance(value, str):
            found[name] = split(name, value)
            continue
        for number, row in enumerate(value):
            found |= {f"{name}-{number}-{item}": split(item, v) for item, v in row.items()}
    return found


def split(name: str, value: str) -> Any:
    return value.split() if name in ("means", "answered") else value


def collected(home: Path, way: Way, answers: tuple[Given, ...], sources: Sources | None) -> Site:
    """A site on which two experts have observed one session, each alone; the first has signed."""
    site = build(home, whole=sources is not None)
    if sources:
        with db.transaction(site.engine) as session:
            store_sources(session, current_cycle(session), sources)
    for (login, visit), given in zip(VISITS.items(), answers, strict=True):
        expert = site.staff(login)
        expert.post(f"/expert/visits/{visit}/declaration", declaration="none")
        way(site, expert, visit, given)
    return site


def stored(site: Site) -> dict[str, Any]:
    with db.look(site.engine) as session:
        rows = session.scalars(select(ObservationRow)).all()
        return {row.visit: (row.status, row.revision, json.loads(row.answers)) for row in rows}


def sealed(site: Site) -> Extract:
    """The extract; raters get their pseudonyms by a key that all the sites share."""
    (site.home / "secrets" / "rater").write_text("ab" * 32)
    site.state("关闭")
    return read_extract(seal_cycle(site.engine, load_settings(site.home), by="boss").path)


def tables_of(extract: Extract) -> list[str]:
    told = json.loads((extract.path / "datapackage.json").read_text("utf-8"))
    paths = [Path(resource["path"]) for resource in told["resources"]]
    return sorted(path.stem for path in paths if path.suffix == ".parquet")


def cells(extract: Extract, name: str) -> pd.DataFrame:
    """A table with visit and session in place of the random ids of records, in their order."""
    frame = extract.table(name)
    main = extract.table(name.partition("__")[0])
    if "response" not in frame or "visit" not in main:
        return frame
    columns = main[["response", "visit", "session"]].itertuples(index=False)
    about = {response: f"{visit} {session}" for response, visit, session in columns}
    frame = frame.assign(response=[about[response] for response in frame["response"]])
    order = ["response", *(["row"] if "row" in frame else [])]
    return frame.sort_values(order, ignore_index=True)


@pytest.mark.parametrize("kind", ["rubric", "every"])
def test_all_ways_end_in_one_extract(tmp_path: Path, kind: str) -> None:
    sources = replace(SMALL, instruments=(*SMALL.instruments, ("every.md", EVERY)))
    given = RUBRIC if kind == "rubric" else EVERY_ANSWERS
    sites = {
        name: collected(tmp_path / name, way, given, None if kind == "rubric" else sources)
        for name, way in WAYS.items()
    }
    kept = {name: stored(site) for name, site in sites.items()}
    assert kept["page"] == kept["device"] == kept["collect"] and set(kept["page"]) == {"V1", "V2"}
    first, *others = (sealed(site) for site in sites.values())
    names = tables_of(first)
    form = "responses_expert_rubric_v1_0" if kind == "rubric" else "responses_every_type_v1_0"
    assert form in names and len(first.table(form)) == 2
    if kind == "every":
        assert len(first.table(f"{form}__questions")) == len(EVERY_ANSWERS[0]["questions"])
    for other in others:
        assert tables_of(other) == names
        for name in names:
            assert_frame_equal(cells(first, name), cells(other, name), obj=name)
    for site in sites.values():
        site.engine.dispose()


def test_the_blank_row_of_a_template_is_no_row() -> None:
    """Collect leaves the form's template out; a client that sends it sends no answer with it."""
    [form] = load_instruments({"every.md": EVERY})
    row = "<questions{}><asked>{}</asked></questions>"
    left = row.format(' xmlns:jr="http://openrosa.org/javarosa" jr:template=""', "不是")
    xml = f"""<data id="every_type" version="1.0"><About>V1.S1</About>{left}{row.format("", "是")}
    <meta><instanceID>uuid:1</instanceID></meta></data>"""
    read = read_submission(xml.encode(), form)
    assert dict(read.fields) == {"questions-0-asked": "是"} and read.files == ()

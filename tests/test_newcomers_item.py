"""A newcomer's change in data alone: one more item, from the form to the bulletin."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pandas as pd

from analysis.pipeline import score
from instruments.builtin import framework_sources, instrument_sources, load_instruments, plan_source
from instruments.codebook import codebook_markdown
from instruments.extract import Extract, read_extract, unpack_extract
from instruments.fit import check_fit
from instruments.framework import read_framework
from instruments.plan import read_plan
from survey_app.demo.answers import trainee_forms
from survey_app.demo.cycle import send_forms
from survey_app.demo.people import Clerk
from survey_app.demo.programme import sample_settings
from survey_app.demo.run import draw_sample, make_instance
from survey_app.demo.server import free_port, running_site

WORDS = "授课教师所用案例来自乡村学校。"
ENGLISH = "The trainers used cases from rural schools."


def newcomers_sources() -> dict[str, bytes]:
    """The built-in files with one more item, mapped to an indicator, and a new version."""
    sources = dict(instrument_sources())
    text = sources["trainee_core.md"].decode("utf-8")
    item = f"| | select_one agree5 | q07b | {WORDS} | | likert | | | {ENGLISH} | |\n"
    mapped = "|             | q07b | A3.1.5    | agree5      |          |\n"
    lines = text.splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if "select_one agree5" in line and "q07" in line)
    lines.insert(at + 1, item)
    at = next(i for i, line in enumerate(lines) if "A3.1.5" in line)
    lines.insert(at + 1, mapped)
    text = "".join(lines).replace("| trainee_core | 1.0 ", "| trainee_core | 1.1 ")
    return sources | {"trainee_core.md": text.encode("utf-8")}


def without_item(extract: Extract) -> pd.DataFrame:
    """Unit results of the same answers when the newcomer's item feeds no indicator."""
    instruments = tuple(
        dataclasses.replace(one, mappings=tuple(m for m in one.mappings if m.item != "q07b"))
        for one in extract.instruments
    )
    plain = dataclasses.replace(extract, instruments=instruments)
    return score(plain, plain.plan, progress=None).units


def test_a_newcomers_item_needs_data_files_only(tmp_path: Path) -> None:
    """In form, codebook, extract, score and bulletin. Everybody answers the new item with the
    lowest level, so that the score must fall by it."""
    sources = newcomers_sources()
    instruments = load_instruments(sources)
    frameworks = [read_framework(data, name) for name, data in framework_sources().items()]
    check_fit(frameworks, read_plan(plan_source(), "default"), instruments)
    assert WORDS in codebook_markdown(instruments, frameworks)
    home, sample = tmp_path / "instance", draw_sample(trainees=360, classes=12)
    credentials = make_instance(home)
    with running_site(home, free_port(0)) as address:
        clerk = Clerk(address, *credentials)
        clerk.import_sample(sample.province.catalogue)
        files = [(name, text, "text/markdown") for name, text in sources.items()]
        clerk.post("/province/programme", instruments=files)
        clerk.post("/province/open")
        slips = [*clerk.slips("classes"), *clerk.slips("sessions")]
        settings = sample_settings() | {"session_response": 0.0, "quiet_projects": []}
        settings |= {"careless_classes": {}}
        draw = dataclasses.replace(sample.draw, instruments=instruments, settings=settings)
        forms = trainee_forms(draw, slips)
        asked = [form for form in forms if "q07b" in form.answers]
        assert asked
        for form in asked:
            form.answers["q07b"] = "1"
        page = clerk.visitor.get(f"/c/{slips[0].class_code}/form").text
        assert page.index(WORDS) < page.index('name="q07b"') < page.index('name="q10"')
        send_forms(address, forms, lambda _text: None)
        clerk.post("/province/close")
        clerk.post("/province/extract")
        clerk.score(lambda _text: None)
        (tmp_path / "extract.zip").write_bytes(clerk.visitor.get("/province/extract.zip").content)
    unpack_extract(tmp_path / "extract.zip", tmp_path / "extract")
    extract = read_extract(tmp_path / "extract")
    codebook = extract.table("codebook").set_index("column")
    assert codebook.loc["q07b", "label"] == WORDS
    assert codebook.loc["q07b", "indicator"] == "A3.1.5"
    answers = extract.table("responses_trainee_core_v1_1")["q07b"]
    assert answers.notna().mean() > 0.9 and set(answers.dropna()) == {"1"}
    results = next((home / "results").iterdir())
    items = pd.read_csv(results / "items.csv")
    rows = items[items["indicator"] == "A3.1.5"]
    means = rows.pivot_table("mean", "unit", "item")
    projects = {project.code for project in sample.province.catalogue.projects}
    assert set(rows["unit"]) == projects  # h6, i7: heads, IT
    assert set(rows["item"]) == {"q07", "q07b", "h6", "i7"}
    assert (means["q07b"].dropna() == 20).all()  # plan: agree5, level 1
    indicators = pd.read_csv(results / "indicators.csv")
    leaf = indicators[
        (indicators["indicator"] == "A3.1.5") & (indicators["scorecard"] == "A-project")
    ].set_index("unit")["raw"]
    assert leaf.between(20, 65).all()  # halfway from 20 to what they said of q07
    keys = ["scorecard", "group", "unit"]
    units = pd.read_csv(results / "units.csv").fillna({"group": ""}).set_index(keys)["raw"]
    units = units[units.index.get_level_values("scorecard").str.startswith("A")]
    before = without_item(extract).set_index(keys)["raw"]
    assert (units < before.loc[units.index]).all()
    sheets = sorted((home / "bulletins").glob("*/sheets/*.html"))
    pages = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    traced = re.findall(f"<tr[^>]*><th>q07b {WORDS}(.*)", pages)
    printed = re.findall(r"<td>([^<]*)<i>", "".join(traced))
    assert printed == ["20.0"] * int(means["q07b"].notna().sum())  # of few nothing is told

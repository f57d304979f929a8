"""The page of classes to look at again: what the scoring found, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scored_site import plant_screening, score_whole

from site_for_tests import Site, build
from survey_app import db
from survey_app.services import class_screens
from survey_app.services.programme import current_cycle

PAGE = "/province/class-screens/"


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A scored cycle with eight answers more than enrolled in C3."""
    made = build(tmp_path_factory.mktemp("screens") / "home", whole=True)
    assert made.staff("boss").get(PAGE).status_code == 404  # nothing is scored yet
    score_whole(made, more={"C3": 8})
    yield made
    made.engine.dispose()


def test_1_more_answers_than_enrolled_are_on_the_page(scored: Site) -> None:
    page = scored.staff("boss").get(PAGE).text
    assert "筛查提请复核<strong>1</strong>个班" in page
    assert "C3 示例三班" in page
    assert "收到48份，应有的最多40份" in page
    assert "提请复核不等于有人造假" in page
    assert "C1 示例一班" not in page
    assert PAGE in scored.staff("boss").get("/province/").text


def test_2_every_screen_says_what_it_means_and_what_to_do(scored: Site) -> None:
    plant_screening(scored)
    page = scored.staff("boss").get(PAGE).text
    assert "查到<strong>9</strong>份，如实作答约有0.4份；偶然出现的机会不到万分之一。" in page
    assert "万分之4" in page
    assert page.count("怎样复核") == 2
    assert "不含提请复核的班级" in page


def test_3_results_of_a_former_version_have_no_screening(scored: Site) -> None:
    with db.look(scored.engine) as session:
        name = current_cycle(session).evaluation
    (scored.home / class_screens.RESULTS / name / class_screens.FILE).unlink()
    assert "旧版本的结果，重新计分即有" in scored.staff("boss").get(PAGE).text

"""Agreement of co-observers: of visits that both have signed alone, for two pairs of eyes alone."""

from __future__ import annotations

import pytest
from shared_visits import level, see_together, sign_all, stricter
from sqlalchemy import text
from test_routes import ACCESS, addresses
from training_ratings import PAGE, rate_all

from site_for_tests import Site, without_token
from survey_app import db
from survey_app.services.frames import build_tables
from survey_app.services.programme import current_cycle, programme_of

pytest_plugins = ("site_fixtures",)
PROVINCE = "/province/raters/"


def test_what_the_other_wrote_changes_nothing_until_both_have_signed(site: Site) -> None:
    """Else the expert who signs last could read the other's levels out of the own figures."""
    expert, boss = site.staff("E1"), site.staff("boss")
    empty = without_token(expert.get(PAGE).text)
    see_together(site, visits=6, second=stricter, signed=False)
    assert without_token(expert.get(PAGE).text) == empty and "同场0场" in empty
    assert "同场0场" in boss.get(PROVINCE).text
    sign_all(site)
    page = expert.get(PAGE).text
    assert "同场12场，6次调研，108对评分" in page and "比同场专家" in page
    assert "偏宽0.8级" in page and "E2" not in page


def test_a_signature_taken_alone_is_not_enough(site: Site) -> None:
    """Records of a visit that is signed beside one that is not, whatever the records' state."""
    see_together(site, visits=6)
    with db.transaction(site.engine) as made:
        made.execute(text("UPDATE visits SET signed = false WHERE code LIKE 'M%E2'"))
    assert "同场0场" in site.staff("E1").get(PAGE).text


@pytest.mark.parametrize(("visits", "shown"), [(2, False), (3, True)])
def test_few_shared_sessions_show_no_figure(site: Site, visits: int, shown: bool) -> None:
    see_together(site, visits=visits)
    for page in (site.staff("E1").get(PAGE).text, site.staff("boss").get(PROVINCE).text):
        assert f"同场{2 * visits}场，{visits}次调研" in page
        assert ("与同场专家相同" in page) is shown
        assert ("太少，双方都签署的同场满5场、3次调研后显示" in page) is not shown
        assert "太少，同场调研满6次" in page  # and no drift yet


def test_the_plan_s_smallest_cell_is_a_lower_bound(site: Site, monkeypatch) -> None:
    see_together(site, visits=3)
    with db.look(site.engine) as session:
        plan = programme_of(session, current_cycle(session)).plan
    monkeypatch.setitem(plan.thresholds.__dict__, "min_cell", 7)
    page = site.staff("E1").get(PAGE).text
    assert "与同场专家相同" not in page and "同场满7场" in page


def test_two_who_agree_are_told_so_and_nobody_has_to_talk(site: Site) -> None:
    see_together(site, visits=6)
    page = site.staff("boss").get(PROVINCE).text
    assert page.count("<strong>100%</strong>") == 4 and page.count("不偏") == 4
    assert "<p>没有。</p>" in page and "不合格" not in page
    assert "全体专家alpha" in page and "两人以上评过的12场，108个维度" in page


def test_the_province_is_told_whom_to_talk_to_and_that_it_proves_nothing(site: Site) -> None:
    def later(visit: int, session: int, dimension: int) -> int:
        return (level if visit < 3 else stricter)(visit, session, dimension)

    see_together(site, visits=6, first=later)
    rate_all(site.staff("E2"), lower=2)
    page = site.staff("boss").get(PROVINCE).text
    assert "与同场专家的差别后来变严0.8级。" in page and "后来变宽0.8级。" in page
    assert "培训场次里只有" in page and "不是考核" in page and "分不清" not in page
    mine = site.staff("E1").get(PAGE).text
    assert "变严0.8级" in mine and "谈一谈" not in mine
    assert "前3次、后3次调研，同场专家1人" in mine and "分不清是谁变了" in mine


def test_no_figure_is_on_any_other_page(site: Site) -> None:
    see_together(site, visits=6, second=stricter)
    for login in ("E1", "E2"):
        rate_all(site.staff(login), lower=1)
    found = set()
    for login in ("boss", "E1", "E2"):
        staff = site.staff(login)
        for endpoint, method, path in addresses(site):
            if method == "GET":
                with staff.get(path) as reply:
                    if any(w in reply.data.decode(errors="ignore") for w in ("kappa", "偏宽0.8级")):
                        found.add((login, endpoint, ACCESS[endpoint]))
    assert found == {
        ("boss", "raters.listing", "province"),
        ("E1", "training.listing", "expert"),
        ("E2", "training.listing", "expert"),
    }


def test_the_extract_is_the_same_with_and_without_training(site: Site) -> None:
    """Hence the results and the bulletin, which are made of it and of nothing else."""

    def tables():
        with db.look(site.engine) as session:
            cycle = current_cycle(session)
            programme = programme_of(session, cycle)
            named = {"edition": "end", "day": "2021-09-01"}
            made = build_tables(session, cycle, programme, lambda c: dict.fromkeys(c, "x"), **named)
            return {name: frame.to_csv() for name, frame in made.items()}

    see_together(site, visits=6, second=stricter)
    before = tables()
    for login in ("E1", "E2"):
        rate_all(site.staff(login))
    assert tables() == before
    assert not any("kappa" in name or "training" in name for name in before)

"""Points changed on the site: whole versions, only added to, with proposer, reason and trace."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from instruments.faults import FaultsFound
from instruments.framework import read_framework
from instruments.scorecard import Adoption
from site_for_tests import Site, build
from survey_app import db
from survey_app.errors import Refused
from survey_app.models import AuditRow, FrameworkStateRow, FrameworkVersionRow, JobRow
from survey_app.points import one_line, read_sheet
from survey_app.services import comparisons, jobs, previews, programme, weights

pytest_plugins = ("site_fixtures",)
HALVES = {"A1.1": "50", "A1.2": "50"}
TYPED = {f"p-{code}": number for code, number in HALVES.items()}
WORDS = {"proposer": "省评估工作组", "reason": "合规与满意同等重要"}
PAGE = "/province/weights/A"


def save(site: Site, *, points: dict[str, str] = HALVES, **words: str) -> str:
    """A version by the service, as 'boss'."""
    numbers = {code: Decimal(number) for code, number in points.items()}
    with db.transaction(site.engine) as session:
        cycle = programme.current_cycle(session)
        card = weights.find_card(session, cycle, "A")
        proposal = weights.Proposal(numbers, **(WORDS | words))
        return weights.save_version(session, cycle, card, proposal, by="boss")


def card_of(site: Site) -> weights.Card:
    with db.look(site.engine) as session:
        return weights.find_card(session, programme.current_cycle(session), "A")


def audited(site: Site) -> list[tuple[str, str]]:
    with db.look(site.engine) as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.at))
        return [(row.action, row.object) for row in rows if row.action.startswith("weights")]


def stored(site: Site) -> int:
    with db.look(site.engine) as session:
        return len(session.scalars(select(FrameworkVersionRow)).all())


def test_a_version_holds_its_points_base_proposer_and_reason(whole: Site) -> None:
    assert save(whole) == "1.0-1"
    version = card_of(whole).versions[0]
    change = version.framework.change
    assert change is not None
    assert (change.proposer, change.reason, change.base) == (*WORDS.values(), "1.0")
    assert {leaf.code: leaf.points for leaf in version.framework.leaves} == {"A1.1": 50, "A1.2": 50}
    assert (version.row.by, version.status) == ("boss", "建议")
    assert card_of(whole).used is None  # saved is not yet used
    assert audited(whole) == [("weights", "2021 A 1.0-1")]


@pytest.mark.parametrize(
    ("state", "visible"),
    [("准备", False), ("开放", False), ("关闭", False), ("已封存", True), ("已评分", True),
     ("跟踪开放", True)],
)  # fmt: skip
def test_the_site_says_whether_results_were_visible(whole: Site, state: str, visible: bool) -> None:
    whole.state(state)
    boss = whole.staff("boss")
    boss.post(PAGE, TYPED | WORDS, do="save", results_visible="nonsense")
    change = card_of(whole).versions[0].framework.change
    assert change is not None and change.results_visible is visible
    assert ("提出时结果已经可见" in boss.get("/province/weights/").text) is visible


def test_the_same_once_more_adds_nothing(whole: Site) -> None:
    assert save(whole) == save(whole) == "1.0-1"
    assert save(whole, reason="另一个理由") == "1.0-2"
    assert stored(whole) == 2


@pytest.mark.parametrize("table", ["framework_versions", "framework_states"])
@pytest.mark.parametrize("change", ["UPDATE {} SET by = 'x'", "DELETE FROM {}"])
def test_versions_and_states_are_never_changed(whole: Site, table: str, change: str) -> None:
    whole.staff("boss").post(PAGE, TYPED | WORDS, do="use")
    with pytest.raises(DatabaseError, match="only added to"), db.transaction(whole.engine) as one:
        one.execute(text(change.format(table)))


def test_what_is_used_adopted_and_withdrawn(whole: Site) -> None:
    boss = whole.staff("boss")
    first, second = save(whole), save(whole, points={"A1.1": "70", "A1.2": "30"})
    boss.post(f"{PAGE}/versions/{first}", do="use")
    assert card_of(whole).current.version == first
    boss.post(f"{PAGE}/versions/{second}", do="use")
    told = {"organ": "省教育厅", "document": "教师〔2021〕9号", "date": "2021年12月1日"}
    boss.post(f"{PAGE}/versions/{second}", told, do="adopt")
    assert card_of(whole).current.adoption == Adoption(
        "已采用", *list(told.values())[:2], "2021-12-01"
    )
    with db.look(whole.engine) as session:
        [content] = weights.chosen_files(session, programme.current_cycle(session)).values()
    assert read_framework(content, "A.yaml") == card_of(whole).current
    page = boss.get("/province/weights/").text
    assert "教师〔2021〕9号" in page and "第1.0-2版（已采用）" in page
    boss.post(f"{PAGE}/versions/{second}", do="withdraw", reason="文号有误")
    assert card_of(whole).used is None  # the frozen points, not a former choice
    assert boss.post(f"{PAGE}/versions/{second}", do="use").status_code == 409
    boss.post(f"{PAGE}/versions/{first}", do="use")
    boss.post(f"{PAGE}/versions/1.0", do="use")
    assert card_of(whole).used is None
    assert [action for action, _ in audited(whole)] == [
        *["weights"] * 2, *["weights_use"] * 2, "weights_adopt", "weights_withdraw",
        *["weights_use"] * 2,
    ]  # fmt: skip


def test_a_base_may_be_numbered_in_any_way(whole: Site) -> None:
    whole.state("准备")
    odd = '2021/试 "用"'
    with db.transaction(whole.engine) as session:
        cycle = programme.current_cycle(session)
        kept = programme.read_sources(session, cycle.code)
        name, content = kept.frameworks[0]
        other = content.replace(b'version: "1.0"', f"version: '{odd}'".encode())
        changed = programme.Sources(kept.instruments, ((name, other),), kept.plan)
        programme.change_sources(session, cycle, changed, by="boss")
    boss, version = whole.staff("boss"), f"{odd}-1"
    assert save(whole) == version
    page = boss.get("/province/weights/").text
    [path] = set(re.findall(rf'action="({PAGE}/versions/[^"]*-1)"', page))
    assert boss.post(path, do="use").status_code == 303
    assert card_of(whole).current.version == version
    with boss.get(path) as reply:
        assert reply.status_code == 200


def test_a_version_is_taken_away_as_the_command_takes_it(whole: Site) -> None:
    boss, version = whole.staff("boss"), save(whole)
    with boss.get(f"{PAGE}/versions/{version}") as reply:
        assert read_framework(reply.data, "A.yaml") == card_of(whole).versions[0].framework
    assert boss.get(f"{PAGE}/versions/9.9").status_code == 404


@pytest.mark.parametrize(
    ("do", "sent", "status"),
    [
        ("adopt", {"organ": "省教育厅", "document": "9号", "date": "明天"}, 422),
        ("adopt", {"organ": " ", "document": "9号", "date": "2021-12-01"}, 422),
        ("adopt", {}, 422),
        ("withdraw", {"reason": " \u200b "}, 422),
        ("frob", {}, 400),
    ],
)
def test_a_state_without_its_proof_is_refused(whole: Site, do, sent, status) -> None:
    version = save(whole)
    reply = whole.staff("boss").post(f"{PAGE}/versions/{version}", sent, do=do)
    assert reply.status_code == status
    with db.look(whole.engine) as session:
        assert session.scalars(select(FrameworkStateRow)).all() == []
    assert whole.staff("boss").post(f"{PAGE}/versions/9.9", do=do).status_code in (400, 404)


def test_an_exchanged_framework_leaves_its_versions_behind(whole: Site) -> None:
    whole.state("准备")
    version = save(whole)
    boss = whole.staff("boss")
    boss.post(f"{PAGE}/versions/{version}", do="use")
    with db.transaction(whole.engine) as session:
        cycle = programme.current_cycle(session)
        kept = programme.read_sources(session, cycle.code)
        name, content = kept.frameworks[0]
        other = ((name, content.replace("满意".encode(), "总体满意".encode())),)
        changed = programme.Sources(kept.instruments, other, kept.plan)
        programme.change_sources(session, cycle, changed, by="boss")
        assert weights.chosen_files(session, cycle) == {}
    assert "底本已换" in boss.get("/province/weights/").text
    assert boss.post(f"{PAGE}/versions/{version}", do="use").status_code == 409


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"A1.1": "50", "A1.2": "49"}, "合计99分，应为100分，少1分"),
        ({"A1.1": "60.25", "A1.2": "40"}, "多0.25分"),
        ({"A1.1": "100", "A1.2": "0"}, "分值填的是“0”"),
        ({"A1.1": "101", "A1.2": "-1"}, "分值填的是“-1”"),
        ({"A1.1": "1e2", "A1.2": "<b>"}, "分值填的是“&lt;b&gt;”"),
        ({"A1.1": "nan", "A1.2": "9" * 5000}, "分值填的是“nan”"),
        ({"A1.1": "99.999", "A1.2": "0.001"}, "最多两位小数"),
        ({"A1.1": "100"}, "分值填的是“”"),
        ({}, "分值填的是“”"),
    ],
)
@pytest.mark.parametrize("do", ["check", "save", "use", "preview"])
def test_wrong_points_are_told_and_nothing_is_kept(whole: Site, typed, words, do) -> None:
    reply = whole.staff("boss").post(
        PAGE, {f"p-{code}": n for code, n in typed.items()} | WORDS, do=do
    )
    assert reply.status_code == 422 and words in reply.text
    assert WORDS["reason"] in reply.text  # what was typed is still there
    assert stored(whole) == 0 and audited(whole) == []


def test_full_width_digits_count(whole: Site) -> None:
    sheet = read_sheet(card_of(whole).frozen, {"p-A1.1": "６０．５", "p-A1.2": "39.5"})
    assert (sheet.faults, sheet.sum) == ((), "100")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"proposer": "", "reason": "理由"}, "没有写由谁提出"),
        ({"proposer": "\u202e\u200b\x00", "reason": "理由"}, "没有写由谁提出"),
        ({"proposer": "甲", "reason": " \n "}, "没有写改动的理由"),
        ({"proposer": "甲" * 101, "reason": "理由"}, "“提出者”超过100字"),
        ({"proposer": "甲", "reason": "理" * 1001}, "“理由”超过1000字"),
    ],
)
def test_a_version_needs_proposer_and_reason(whole: Site, words, told) -> None:
    reply = whole.staff("boss").post(PAGE, TYPED | words, do="save")
    assert reply.status_code == 422 and told in reply.text
    assert stored(whole) == 0


def test_hostile_words_stay_words(whole: Site) -> None:
    hostile = 'x"}\nchange: {base: "9"}\n- <script>alert(1)</script> {{ 7*7 }} \u202e'
    boss = whole.staff("boss")
    assert boss.post(PAGE, TYPED, do="save", proposer=hostile, reason=hostile).status_code == 303
    change = card_of(whole).versions[0].framework.change
    assert change is not None and change.base == "1.0"
    assert change.reason == one_line(hostile) and "\n" not in change.reason
    page = boss.get("/province/weights/").text
    assert "<script>alert" not in page and "{{ 7*7 }}" in page


def test_unknown_scorecards_buttons_and_jobs(whole: Site) -> None:
    boss = whole.staff("boss")
    assert boss.get("/province/weights/Z").status_code == 404
    assert boss.post("/province/weights/Z", TYPED, do="save").status_code == 404
    assert boss.post(PAGE, TYPED | WORDS, do="frob").status_code == 400
    assert boss.get("/province/weights/previews/none").status_code == 404


def test_before_there_is_a_bulletin_no_preview(whole: Site) -> None:
    boss = whole.staff("boss")
    assert "之后才能预览影响" in boss.get(PAGE).text
    reply = boss.post(PAGE, TYPED | WORDS, do="preview")
    assert reply.status_code == 409 and "还不能预览影响" in reply.text
    assert 'value="50"' in reply.text and audited(whole) == []


def test_saving_and_using_scores_anew_once_sealed(whole: Site, monkeypatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(jobs, "start_job", lambda settings, job: started.append(job))
    whole.state("已评分")
    reply = whole.staff("boss").post(PAGE, TYPED | WORDS, do="use")
    assert reply.location.endswith(f"/province/jobs/{started[0]}")
    with db.look(whole.engine) as session:
        row = session.get_one(JobRow, started[0])
    assert (row.kind, row.draft) == ("score", "")
    task = jobs._begin(whole.engine, whole.settings, started[0])
    assert read_framework(task.frameworks["A.yaml"], "A.yaml").version == "1.0-1"


def test_a_running_job_keeps_what_was_typed(whole: Site) -> None:
    whole.state("已评分")
    boss = whole.staff("boss")
    with jobs._lock(whole.home, wait=False):
        for do in ("use", "preview"):
            reply = boss.post(PAGE, TYPED | WORDS, do=do)
            assert reply.status_code == 409 and WORDS["reason"] in reply.text
    assert stored(whole) == 0 and audited(whole) == []


def test_a_preview_is_a_job_that_publishes_nothing(whole: Site, monkeypatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(jobs, "start_job", lambda settings, job: started.append(job))
    whole.state("已评分")
    boss = whole.staff("boss")
    assert boss.post(PAGE, TYPED, do="preview").status_code == 303  # before anybody has signed
    task = jobs._begin(whole.engine, whole.settings, started[0])
    assert (task.kind, list(task.frameworks)) == ("preview", ["A.yaml"])
    unit = dict.fromkeys(
        [f"{name}_{when}" for name in ("score", "rank", "band") for when in ("before", "after")],
        "1",
    )
    made = [
        {"title": "项目", "units": [{"name": "甲", "frozen": "1"} | unit | {"rank_after": "2"}]}
    ]
    jobs._finish(whole.engine, started[0], previews.json.dumps(made))
    page = boss.get(f"/province/weights/previews/{started[0]}").text
    assert "<strong>1</strong>个的名次或等次会变" in page
    assert 'value="50"' in page and 'name="proposer" value=""' in page
    assert stored(whole) == 0 and audited(whole) == [("weights_preview", "2021 A")]
    assert boss.post(f"/province/jobs/{started[0]}/again").status_code == 303
    with db.look(whole.engine) as session:
        assert session.get_one(JobRow, started[1]).kind == "preview"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory):
    """An open cycle with the library's own frameworks."""
    made = build(tmp_path_factory.mktemp("site") / "home")
    yield made
    made.engine.dispose()


def judgements(card: weights.Card, node: str, values: dict[str, str]) -> comparisons.Comparison:
    return comparisons.compare(card.current, {"node": node} | values)


def test_consistent_comparisons_give_points(library: Site) -> None:
    card = card_of(library)
    leaf_sums = {"A3.1": 8, "A3.2": 4, "A3.3": 6, "A3.4": 4}
    values = {"A3.1~A3.2": "2", "A3.1~A3.3": "2", "A3.1~A3.4": "2", "A3.2~A3.3": "1",
              "A3.2~A3.4": "1", "A3.3~A3.4": "1"}  # fmt: skip
    found = judgements(card, "A3", values)
    assert found.points is not None and (found.faults, found.ratio) == ((), "0")
    below = {
        node: sum(p for code, p in found.points.items() if code.startswith(f"{node}."))
        for node in leaf_sums
    }
    assert below == {"A3.1": Decimal("8.8"), "A3.2": Decimal("4.4"), "A3.3": Decimal("4.4"),
                     "A3.4": Decimal("4.4")}  # fmt: skip
    assert sum(found.points.values()) == 100
    boss = library.staff("boss")
    query = "&".join(f"{name}={value}" for name, value in values.items())
    assert "带入这些分值" in boss.get(f"{PAGE}/compare?node=A3&{query}").text
    page = boss.get(f"{PAGE}?node=A3&{query}").text
    assert "由两两比较得出：A3 实施与师资的下级指标，一致性比例0。" in page
    sent = {f"p-{code}": str(number) for code, number in found.points.items()}
    checked = boss.post(PAGE, sent, do="check").text
    assert "合计100分，与应有的100分相符" in checked and "A3.2.2 1→" in checked


def test_contradicting_judgements_are_refused_and_the_worst_is_named(library: Site) -> None:
    values = {"A2.1~A2.2": "9", "A2.2~A2.3": "9", "A2.1~A2.3": "1/9"}
    query = "&".join(f"{name}={value}" for name, value in values.items())
    boss = library.staff("boss")
    reply = boss.get(f"{PAGE}/compare?node=A2&{query}")
    assert reply.status_code == 422
    assert "超过0.1" in reply.text and "带入这些分值" not in reply.text
    nearly = {"A2.1~A2.2": "2", "A2.2~A2.3": "2", "A2.1~A2.3": "1/6"}
    [fault] = judgements(card_of(library), "A2", nearly).faults
    assert "最不一致的是“A2.1" in fault.remedy and "按其余判断推算约为" in fault.remedy
    assert judgements(card_of(library), "A2", nearly).points is None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"A2.1~A2.2": "3"}, "有2处还没有比较"),
        ({"A2.1~A2.2": "10", "A2.2~A2.3": "1", "A2.1~A2.3": "1"}, "不在1到9的比较标度里"),
        ({"A2.1~A2.2": "1/0", "A2.2~A2.3": "<b>", "A2.1~A2.3": "nan"}, "不在1到9的比较标度里"),
        ({"A2.1~A2.2": "9" * 5000, "A2.2~A2.3": "1", "A2.1~A2.3": "1"}, "不在1到9的比较标度里"),
    ],
)
def test_strange_judgements_are_told(library: Site, values, told) -> None:
    found = judgements(card_of(library), "A2", values)
    assert found.points is None and told in "".join(f.message for f in found.faults)


def test_only_nodes_with_children_are_compared(library: Site) -> None:
    nodes = comparisons.comparable(card_of(library).current)
    assert "" in nodes and "A3" in nodes and "A3.1.1" not in nodes
    for node in ("A3.1.1", "nonsense"):
        with pytest.raises(Refused, match="no_node"):
            judgements(card_of(library), node, {})
        assert library.staff("boss").get(f"{PAGE}/compare?node={node}").status_code == 404


def test_points_that_no_framework_can_have_are_refused(library: Site) -> None:
    """A leaf of no points is none; the service refuses it also where the page did not."""
    card = card_of(library)
    points = weights.leaf_points(card.frozen)
    points |= {"A1.1.1": Decimal(0), "A1.1.2": Decimal(2)}
    with pytest.raises(FaultsFound, match="points_not_positive"):
        save(library, points={code: str(number) for code, number in points.items()})
    assert stored(library) == 0

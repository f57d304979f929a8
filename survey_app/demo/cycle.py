"""The sample's cycle, every step by its real door: collect, remind, close, follow up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any

from survey_app.demo.answers import (
    Filled,
    desk_reviews,
    follow_up_forms,
    observations,
    school_forms,
    school_ratings,
    trainee_forms,
)
from survey_app.demo.cases import Case
from survey_app.demo.paper import split_paper, type_sheets
from survey_app.demo.people import Clerk, Staff, answer_form, observe
from survey_app.demo.run import Sample, take_away

Tell = Callable[[str], None]
Links = dict[str, dict[str, str]]
"""Role and code to the link of the invitation."""
PHONES = 4
"""People who are on the line at the same time."""
STEPS = 5
"""Times that a long list of forms tells how far it is."""
ROLES = ("institution", "locality", "school", "recorder", "expert")


def first_day(
    address: str, accounts: Sequence[tuple[str, str]], sample: Sample, tell: Tell
) -> Links:
    """The first of two clerks imports, opens, invites; trainees answer, some on paper, which both
    type; most institutions and localities file; the rest are reminded. Returns the links of all
    who were invited."""
    clerks = [Clerk(address, *account) for account in accounts]
    clerk = clerks[0]
    clerk.import_sample(sample.province.catalogue)
    clerk.post("/province/open")
    links = {role: clerk.links(role) for role in ROLES}
    slips = [*clerk.slips("classes"), *clerk.slips("sessions")]
    invited = sum(map(len, links.values()))
    tell(f"目录已导入，年度已开放，发出邀请 {invited} 份、答题码 {len(slips)} 个")
    settings = sample.draw.settings
    sent, sheets = split_paper(trainee_forms(sample.draw, slips), **settings["paper"])
    send_forms(address, sent, tell, what="结业与场次问卷")
    type_sheets(clerks, sample.draw.form("trainee", "class"), sheets)
    tell(f"两名工作人员各录入纸质问卷 {len(sheets)} 份，两次一致，已计入")
    _file(address, links, sample, _delivered(sample, without=settings["late"]), tell)
    clerk.remind()
    tell("对到期未交的填报作了第一次催报")
    return links


def second_day(
    address: str, credentials: tuple[str, str], sample: Sample, links: Links, tell: Tell
) -> tuple[Clerk, dict[str, Staff]]:
    """Who was reminded files, experts and recorders hand in, the rest are reminded again, and the
    clerk closes. Returns the clerk, and the schools that are signed in."""
    clerk, late = Clerk(address, *credentials), sample.draw.settings["late"]
    _file(address, links, sample, _delivered(sample, only=late), tell)
    panel = _enter(address, links["expert"])
    seen = observations(sample.draw)
    at_once([partial(observe, panel[code], seen[code]) for code in sorted(seen)])
    tell(f"{len(seen)} 位评审专家已签署 {sum(map(len, seen.values()))} 份实地调研")
    reviews = list(desk_reviews(sample.draw))
    at_once([partial(_review, panel[code], own) for code, own in _by_owner(reviews).items()])
    tell(f"评审专家已提交方案评阅和作业抽评 {len(reviews)} 份")
    schools = _enter(address, links["school"])
    _hand_in(schools, sample, list(school_forms(sample.draw)), tell)
    clerk.remind()
    tell("对仍未交的填报作了第二次催报")
    clerk.post("/province/close")
    return clerk, schools


def follow_up(clerk: Clerk, schools: dict[str, Staff], sample: Sample, tell: Tell) -> None:
    """Months later: trainees and schools are asked what became of it."""
    clerk.post("/province/open")
    slips = clerk.slips("followups")
    tell(f"跟踪已开放，发出跟踪码 {len(slips)} 个")
    forms = follow_up_forms(sample.draw, slips)
    send_forms(clerk.visitor.address, forms, tell, what="跟踪问卷")
    _hand_in(schools, sample, list(school_ratings(sample.draw)), tell)
    clerk.post("/province/close")


def publish(clerk: Clerk, out: Path, home: Path, tell: Tell) -> None:
    """The clerk seals and scores; then the extract is taken away into ``out``, scored once more
    without the site."""
    clerk.post("/province/extract")
    tell("作答已关闭，数据快照已封存")
    clerk.score(tell)
    take_away(clerk, out, home=home)


def send_forms(address: str, forms: Sequence[Filled], tell: Tell, *, what: str = "问卷") -> None:
    """Let all trainees answer, some at the same time; raises what the first failure raised."""
    with ThreadPoolExecutor(PHONES) as phones:
        waiting = [phones.submit(answer_form, address, f.slip, f.answers) for f in forms]
        for number, one in enumerate(as_completed(waiting), 1):
            one.result()
            if number % (len(waiting) // STEPS or 1) == 0:
                tell(f"已提交{what} {number}/{len(waiting)} 份")


def at_once(work: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all of it, some at the same time, in order; raises what the first failure raised."""
    with ThreadPoolExecutor(PHONES) as pool:
        return [one.result() for one in [pool.submit(step) for step in work]]


def _enter(address: str, links: dict[str, str]) -> dict[str, Staff]:
    """All of a role open their links and set their passwords."""
    came = at_once([partial(Staff.invited, address, link) for link in links.values()])
    return dict(zip(links, came, strict=True))


def _delivered(
    sample: Sample, *, without: Collection[str] = (), only: Collection[str] = ()
) -> list[Case]:
    """Records as they are handed in: honest, but for what is withheld or left blank."""
    settings = sample.draw.settings
    blank = settings["blank"]
    return [
        Case(c.instrument, c.target, c.owner, _left_out(c.answers, blank.get(c.target, ())))
        for c in sample.honest
        if c.target not in settings["withheld"]
        and c.owner not in without
        and (not only or c.owner in only)
    ]


def _left_out(answers: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in answers.items() if name not in set(names)}


def _file(address: str, links: Links, sample: Sample, cases: Sequence[Case], tell: Tell) -> None:
    """Those who owe these records come in by their links and hand them in."""
    owed = _by_owner(cases)
    known = {code: link for role in ROLES for code, link in links[role].items() if code in owed}
    _hand_in(_enter(address, known), sample, cases, tell)


def _hand_in(people: dict[str, Staff], sample: Sample, cases: Sequence[Case], tell: Tell) -> None:
    at_once([partial(_all_of, people[code], own) for code, own in _by_owner(cases).items()])
    counts = Counter(case.instrument for case in cases)
    told = [f"{one.title} {counts[one.code]} 份" for one in sample.instruments if counts[one.code]]
    tell(f"已提交{'、'.join(told)}")


def _all_of(somebody: Staff, cases: Sequence[Case]) -> None:
    for case in cases:
        somebody.hand_in(case.instrument, case.target, case.answers)


def _review(expert: Staff, cases: Sequence[Case]) -> None:
    for case in cases:
        expert.declare(f"/expert/reviews/{case.target}")
    _all_of(expert, cases)


def _by_owner(cases: Sequence[Case]) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(case.owner, []).append(case)
    return found

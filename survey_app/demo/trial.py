"""A sample that stops while answers come in: doors of every role, for whoever wants to try."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from survey_app.demo.answers import trainee_forms
from survey_app.demo.cycle import ROLES, Links, Tell, send_forms
from survey_app.demo.people import Clerk, Slip
from survey_app.demo.run import Sample
from survey_app.phrases import phrase

SPARE = 3
"""Unused slips of the class that are handed out."""


@dataclass(frozen=True)
class Door:
    """What somebody of a role opens, and what there is to see."""

    role: str
    says: str
    address: str


def collect(address: str, account: tuple[str, str], sample: Sample, tell: Tell) -> list[Door]:
    """Import, open, invite; trainees answer, as many as the sample has; the other slips are left
    to whoever tries. Returns the doors of every role."""
    clerk = Clerk(address, *account)
    clerk.import_sample(sample.province.catalogue)
    clerk.post("/province/open")
    slips = [*clerk.slips("classes"), *clerk.slips("sessions")]
    links, boards = {role: clerk.links(role) for role in ROLES}, clerk.board_links()
    invited = sum(map(len, links.values()))
    tell(f"目录已导入，年度已开放，发出答题码 {len(slips)} 个、邀请 {invited} 份")
    filled = trainee_forms(sample.draw, slips)
    send_forms(address, filled, tell)
    used = {form.slip.ticket for form in filled}
    spent = filled[0].slip
    left = [slip for slip in slips if slip.ticket not in used]
    own = [slip for slip in left if slip.class_code == spent.class_code]
    board = Door("班主任", "本班作答进度，不用账号", boards[spent.class_code])
    return [*_trainees(address, own, spent), board, *_invited(links)]


def _trainees(address: str, left: Sequence[Slip], spent: Slip) -> Iterator[Door]:
    for slip in [slip for slip in left if not slip.session][:SPARE]:
        yield _trainee(address, slip, "结业问卷")
    for slip in [slip for slip in left if slip.session][:1]:
        yield _trainee(address, slip, "场次即时评价")
    yield _trainee(address, spent, "这张纸条已经用过，看看再交会怎样")


def _trainee(address: str, slip: Slip, says: str) -> Door:
    opened = f"{address}{slip.door}#{slip.ticket.replace('-', '')}"
    return Door(phrase("role.trainee"), f"{says}，答题码 {slip.ticket}", opened)


def _invited(links: Links) -> Iterator[Door]:
    for role, by_code in links.items():
        code, link = next(iter(by_code.items()))
        yield Door(phrase(f"role.{role}"), f"{code} 的邀请链接，用一次：打开后自己设密码", link)

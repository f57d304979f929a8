"""What the sample's people do on the site: a clerk, trainees and experts, each in a browser."""

from __future__ import annotations

import csv
import io
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from instruments.catalogue_writer import write_catalogue
from instruments.programme import Catalogue
from survey_app.demo.pages import Page, PageForm, UnexpectedPage, Visitor
from survey_app.demo.records import sent_fields

JOB_SECONDS = 600
KINDS = {"classes": "c", "sessions": "s", "followups": "f"}
"""Scope of tickets to the kind of door that they open."""
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Slip:
    """What a trainee holds: the address on the slip and the one-time code."""

    class_code: str
    session: str
    ticket: str
    kind: str = "c"
    """Kind of door: c at the end of the training, s after a session, f at the follow-up."""

    @property
    def door(self) -> str:
        """Address on the slip, below the site's."""
        return f"/{self.kind}/{self.session or self.class_code}"


class Staff:
    """Somebody signed in; every post carries the page's own token."""

    def __init__(self, address: str, login: str, password: str) -> None:
        visitor = Visitor(address)
        page = visitor.get("/login")
        form = page.form(having="password")
        self._enter(visitor, visitor.send(page, form, login=login, password=password))

    @classmethod
    def invited(cls, address: str, link: str, password: str = "") -> Staff:
        """Somebody opens the own link, sets a password of their own, and so comes in."""
        staff, visitor = cls.__new__(cls), Visitor(address)
        page = visitor.get(urlsplit(link).path)
        own = password or secrets.token_urlsafe(12)
        staff._enter(visitor, visitor.send(page, page.form(having="again"), new=own, again=own))
        return staff

    def _enter(self, visitor: Visitor, home: Page) -> None:
        self.visitor, self.home = visitor, home
        self.token = home.form(having="csrf_token").values["csrf_token"]

    def post(self, path: str, **fields: object) -> Page:
        """Send a form of which this page has only the token."""
        form = PageForm(action=path, values={"csrf_token": self.token})
        return self.visitor.send(self.home, form, **fields)

    def hand_in(self, instrument: str, target: str, answers: Mapping[str, Any]) -> None:
        """Fill a record's page and submit it, and once more where the page asks so; raises
        UnexpectedPage when it is not taken."""
        page = self.visitor.get(f"/records/{instrument}/{target}")
        form = page.form(having="revision")
        fields = {**sent_fields(answers, several=form.several), "do": "submit"}
        where = self.visitor.send_off(page, form, fields)
        if not where.endswith("/view"):
            again = self.visitor.send_off(page, form, {**fields, "confirmed": "1"})
            if not again.endswith("/view"):
                raise UnexpectedPage(f"{page.url}: 没有提交（{again}）")

    def declare(self, place: str) -> None:
        """Say that there is no conflict of interest."""
        self.send(f"{place}/declaration", declaration="none", reason="")

    def send(self, path: str, **fields: object) -> None:
        """Send a form of which this page has only the token, without looking at what follows."""
        form = PageForm(action=path, values={"csrf_token": self.token})
        self.visitor.send_off(self.home, form, fields)


class Clerk(Staff):
    """The province's administrator."""

    def import_workbook(self, name: str, content: bytes) -> None:
        """Upload, read the dry run, then apply it."""
        page = self.visitor.get("/province/import")
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        dry = self.visitor.send(
            page, page.form(having="workbook"), workbook=[(name, content, kind)]
        )
        self.visitor.send(dry, dry.form(having="staged"))

    def import_sample(self, catalogue: Catalogue) -> None:
        """Import a catalogue as the workbook a clerk would fill in."""
        self.import_workbook("样例.xlsx", write_catalogue(catalogue))

    def slips(self, scope: str) -> list[Slip]:
        """Issue all tickets of a scope (``KINDS``) and read the list shown once."""
        page = self.post("/province/tickets", scope=scope, code="", count="", format="csv")
        rows = csv.DictReader(io.StringIO(page.content.decode("utf-8-sig")))
        return [
            Slip(row["班级代码"], row["场次代码"] or "", row["答题码"], KINDS[scope])
            for row in rows
        ]

    def invite(self, role: str) -> dict[str, tuple[str, str]]:
        """Invite all of a role who have no account, and let each set a password of their own by
        the link; code to (login, password)."""
        found = {}
        for row in self._invitations(role):
            password = secrets.token_urlsafe(12)
            Staff.invited(self.visitor.address, row["链接"], password)
            found[row["代码"]] = row["登录名"], password
        return found

    def links(self, role: str) -> dict[str, str]:
        """Invite all of a role who have no account; code to link, shown this once."""
        return {row["代码"]: row["链接"] for row in self._invitations(role)}

    def _invitations(self, role: str) -> list[dict[str, str]]:
        page = self.post("/province/invitations", role=role, format="csv")
        return list(csv.DictReader(io.StringIO(page.content.decode("utf-8-sig"))))

    def board_links(self) -> dict[str, str]:
        """Class to the link of its board."""
        page = self.post("/province/board-links", format="csv")
        rows = csv.DictReader(io.StringIO(page.content.decode("utf-8-sig")))
        return {row["班级代码"]: row["看板链接"] for row in rows}

    def remind(self) -> None:
        """Remind everybody whose record is overdue."""
        self.post("/province/duties/remind", instrument="", target="")

    def score(self, tell: Callable[[str], None]) -> None:
        """Ask for scoring and watch the job's page until it ends; raises UnexpectedPage."""
        page = self.post("/province/score")
        deadline = time.monotonic() + JOB_SECONDS
        while 'data-state="完成"' not in page.text:
            if 'data-state="失败"' in page.text or time.monotonic() > deadline:
                raise UnexpectedPage(f"{page.url}: 评分没有完成，原因见该页面")
            time.sleep(POLL_SECONDS)
            page = self.visitor.get(page.url)
        tell("评分任务完成")


def answer_form(address: str, slip: Slip, answers: Mapping[str, str]) -> str:
    """One trainee: notice, form, answers, receipt. Returns the receipt's number."""
    visitor = Visitor(address)
    visitor.get(slip.door)
    page = visitor.get(f"{slip.door}/form")
    form = page.form(having="ticket")
    given = {name: value for name, value in answers.items() if name in form.names}
    fields = {**given, "ticket": slip.ticket}
    where = visitor.send_off(page, form, fields)
    if "/receipt/" not in where:  # some items are blank: the form asks once more
        where = visitor.send_off(page, form, {**fields, "confirmed": "1"})
    if "/receipt/" not in where:
        raise UnexpectedPage(f"{page.url}: 没有得到回执")
    return where.rsplit("/", 1)[1]


def observe(expert: Staff, visits: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
    """One expert: declare, fill the rubric for each session of each visit, sign."""
    for visit, sessions in visits.items():
        where = f"/expert/visits/{visit}"
        expert.declare(where)
        for session, answers in sessions.items():
            page = expert.visitor.get(f"{where}/sessions/{session}")
            expert.visitor.send_off(page, page.form(having="revision"), answers)
        expert.send(f"{where}/sign")

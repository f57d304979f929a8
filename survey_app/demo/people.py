"""What the sample's people do on the site: a clerk, trainees and experts, each in a browser."""

from __future__ import annotations

import csv
import io
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from instruments.catalogue_writer import write_catalogue
from instruments.programme import Catalogue
from survey_app.demo.pages import Page, PageForm, UnexpectedPage, Visitor

JOB_SECONDS = 600
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Slip:
    """What a trainee holds: the address on the slip and the one-time code."""

    class_code: str
    session: str
    ticket: str


class Staff:
    """Somebody signed in; every post carries the page's own token."""

    def __init__(self, address: str, login: str, password: str) -> None:
        self.visitor = Visitor(address)
        page = self.visitor.get("/login")
        form = page.form(having="password")
        self.home = self.visitor.send(page, form, login=login, password=password)
        self.token = self.home.form(having="csrf_token").values["csrf_token"]

    def post(self, path: str, **fields: object) -> Page:
        """Send a form of which this page has only the token."""
        form = PageForm(action=path, values={"csrf_token": self.token})
        return self.visitor.send(self.home, form, **fields)


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
        """Issue all tickets of a scope ('classes' or 'sessions') and read the list shown once."""
        page = self.post("/province/tickets", scope=scope, code="", count="", format="csv")
        rows = csv.DictReader(io.StringIO(page.content.decode("utf-8-sig")))
        return [Slip(row["班级代码"], row["场次代码"] or "", row["答题码"]) for row in rows]

    def invite(self, role: str) -> dict[str, tuple[str, str]]:
        """Invite all of a role who have no account, and let each set a password of their own by
        the link; code to (login, password)."""
        page = self.post("/province/invitations", role=role, format="csv")
        rows = csv.DictReader(io.StringIO(page.content.decode("utf-8-sig")))
        at = self.visitor.address
        return {row["代码"]: accept_invitation(at, row["链接"], row["登录名"]) for row in rows}

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


def accept_invitation(address: str, link: str, login: str) -> tuple[str, str]:
    """Somebody opens the own link and sets a password; returns (login, password)."""
    visitor = Visitor(address)
    page = visitor.get(urlsplit(link).path)
    password = secrets.token_urlsafe(12)
    visitor.send(page, page.form(having="again"), new=password, again=password)
    return login, password


def answer_form(address: str, slip: Slip, answers: Mapping[str, str]) -> str:
    """One trainee: notice, form, answers, receipt. Returns the receipt's number."""
    visitor = Visitor(address)
    door = f"/s/{slip.session}" if slip.session else f"/c/{slip.class_code}"
    visitor.get(door)
    page = visitor.get(f"{door}/form")
    form = page.form(having="ticket")
    given = {name: value for name, value in answers.items() if name in form.names}
    page = visitor.send(page, form, ticket=slip.ticket, **given)
    if "/receipt/" not in page.url:  # some items are blank: the form asks once more
        form = page.form(having="confirmed")
        again = {name: value for name, value in given.items() if name not in form.values}
        page = visitor.send(page, form, **again, ticket=slip.ticket, confirmed="1")
    if "/receipt/" not in page.url:
        raise UnexpectedPage(f"{page.url}: 没有得到回执")
    return page.url.rsplit("/", 1)[1]


def observe(
    address: str, login: str, password: str, visits: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> None:
    """One expert: sign in, declare, fill the rubric for each session of each visit, sign."""
    expert = Staff(address, login, password)
    for visit, sessions in visits.items():
        where = f"/expert/visits/{visit}"
        expert.post(f"{where}/declaration", declaration="none", reason="")
        for session, answers in sessions.items():
            page = expert.visitor.get(f"{where}/sessions/{session}")
            expert.visitor.send(page, page.form(having="revision"), **answers)
        expert.post(f"{where}/sign")

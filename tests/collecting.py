"""An expert whose phone has ODK Collect, connected as the site's page says."""

from __future__ import annotations

import re
from typing import Any

from openrosa_client import Collect, Form, Instance, fill, through_flask
from small_forms import YES_NO, form

from site_for_tests import Site, Staff

DIMENSIONS = ("e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8a", "e8b")
AUDIT = (
    b"event,node,start,end\nform start,,1625205600000,\nquestion,/data/header/due,1625205601000,1\n"
)
FULL = {
    "due": "40",
    "present": "39",
    "lecturer_as_planned": "yes",
    **{name: "3" for name in DIMENSIONS},
    **{f"{name}_evidence": f"{name}的依据" for name in DIMENSIONS},
    "e4": "unseen",
    "e4_evidence": "不该有的依据",
    "strength": "学员都动手，\n当场改进。",
}
"""Answers to the whole rubric; one dimension was not seen, so that its evidence is not asked."""


def server_for(expert: Staff) -> str:
    """Make a key on the expert's page; the address of the server that Collect is given."""
    seen = re.search(r'name="seen" value="(\w*)"', expert.get("/expert/collect/").text)
    assert seen
    page = expert.post("/expert/collect/", do="make", seen=seen[1])
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    found = re.search(r"<code>(http[^<]+)</code>", page.text)
    assert found
    return found[1]


def connected(site: Site, expert: Staff, **more) -> Collect:
    """A phone with the expert's key."""
    return Collect(server_for(expert), through_flask(site.visitor()), **more)


def observed(form: Form, about: str = "V1.S1", **changes) -> Instance:
    """The whole rubric filled about a session, with some answers changed."""
    own = {name: changes.pop(name) for name in ("replaces", "audit") if name in changes}
    return fill(form, {"About": about, **FULL, **changes}, **own)


EVERY = form(
    "every_type",
    title="各种题型的观察表",
    role="expert",
    per="visit",
    survey=[
        ("begin group", "facts", "一、情况"),
        ("note", "told", "以下各题据实填写。"),
        ("integer", "people", "人数（人）", "yes"),
        ("decimal", "hours", "学时（学时）"),
        ("date", "seen_on", "日期"),
        ("select_one yes_no", "changed", "有无变更", "yes"),
        ("text", "why", "变更原因", "yes", "${changed} = 'yes'", "multiline"),
        ("select_multiple means", "means", "用到的方式（可多选）"),
        ("select_one level", "e1", "目标与内容", "yes", "", "minimal"),
        ("end group", "", ""),
        ("begin group", "more", "二、变更", "", "${changed} = 'yes'"),
        ("text", "approved", "谁批准"),
        ("end group", "", ""),
        ("begin repeat", "questions", "三、提问"),
        ("text", "asked", "问题", "yes"),
        ("select_multiple means", "answered", "怎样作答"),
        ("integer", "seconds", "等待（秒）"),
        ("end repeat", "", ""),
    ],
    choices=[
        *(("yes_no", code, label) for code, label in YES_NO),
        *(
            ("means", code, label)
            for code, label in (("talk", "讲"), ("group", "组"), ("do", "做"))
        ),
        *(("level", str(n), f"{n}级") for n in range(1, 5)),
        ("level", "unseen", "未观察到"),
    ],
)
"""A form with every type of item, conditions on items and sections, and a repeat."""
EVERY_ANSWERS: tuple[dict[str, Any], ...] = (
    {
        "people": "40",
        "hours": "2.50",
        "seen_on": "2021-07-02",
        "changed": "yes",
        "why": "  讲师生病，\n改请他人 & <朱>  ",
        "means": "talk do",
        "e1": "4",
        "approved": "教务处",
        "questions": (
            {"asked": "为什么？", "answered": "group do", "seconds": "3"},
            {"asked": "Ａ还是Ｂ？"},
        ),
    },
    {"people": "0", "changed": "no", "why": "没有问到", "approved": "没有问到", "e1": "unseen"},
)
"""A long answer, and a short one with words to questions that are not asked."""

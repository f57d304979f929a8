"""`guopei demo --try`: a site that stops while open, with a door for every role that opens."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from survey_app.demo.pages import Visitor
from survey_app.demo.people import Slip, Staff, answer_form
from survey_app.demo.run import ended
from survey_app.demo.server import free_port, running_site

DOOR = re.compile(r"^(\S+?)：(.+)\n    (http\S+)$", re.MULTILINE)


def test_every_role_has_a_door_that_opens(tmp_path: Path) -> None:
    port, out = free_port(0), tmp_path / "open"
    small = ("--trainees", "120", "--classes", "12", "--port", str(port), "--no-serve")
    done = ended(["demo", "--try", "--out", str(out), *small])
    assert done.returncode == 0, done.stderr
    doors = DOOR.findall(done.stdout)
    roles = [role for role, _, _ in doors]
    assert {"学员", "班主任", "承训机构", "市县", "学校", "座谈记录员", "评审专家"} == set(roles)
    with running_site(out / "instance", port) as address:
        pages = {}
        for _role, says, link in doors:
            pages[says] = Visitor(address).get(urlsplit(link).path).text
        board = next(page for says, page in pages.items() if "作答进度" in says)
        assert "今天交来的明天才列出" in board and re.search(r"<b>(\d+(以上)?|少于5份)</b>", board)
        fresh = [(says, link) for role, says, link in doors if role == "学员"][0]
        assert re.fullmatch(r"[0-9]{24}", answer_form(address, _slip(*fresh), {}))
        login, password = re.search(r"登录名：(\S+)  密码：(\S+)", done.stdout).groups()
        assert "退出" in Staff(address, login, password).home.text


def _slip(says: str, link: str) -> Slip:
    kind, code = urlsplit(link).path.strip("/").split("/")
    session = code if kind == "s" else ""
    return Slip(code, session, says.rpartition(" ")[2], kind)


def test_a_trial_empties_no_other_folder(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("x", encoding="utf-8")
    done = ended(["demo", "--try", "--out", str(tmp_path), "--port", str(free_port(0))])
    assert done.returncode == 3 and "不属于样例的内容" in done.stderr
    assert (tmp_path / "own.txt").exists() and "Traceback" not in done.stderr

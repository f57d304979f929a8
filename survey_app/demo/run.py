"""The sample's cycle from an empty folder to a verified bulletin, every step by its real door."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from analysis.simulate import Province, Settings, draw_province
from instruments.builtin import framework_source, instrument_sources, load_instruments
from instruments.framework import read_framework
from survey_app.demo.answers import Filled, observations, trainee_forms
from survey_app.demo.people import Clerk, answer_form, observe
from survey_app.demo.programme import sample_catalogue, sample_settings

Tell = Callable[[str], None]
CLERK = "province"
MARK = ".guopei-demo"
"""File that says: this folder is a demonstration's own and may be emptied."""
PHONES = 4
"""Trainees who are on the line at the same time."""


class DemoFailed(RuntimeError):
    """A step of the demonstration did not hold; the text says which."""


@dataclass(frozen=True, eq=False)
class Sample:
    """The invented programme, its planted truth, and the generator that goes on from there."""

    province: Province
    generator: np.random.Generator


def draw_sample(*, trainees: int | None = None, classes: int | None = None) -> Sample:
    """Draw programme and truth from the seed in `programme.yaml`."""
    generator = np.random.default_rng(sample_settings()["seed"])
    catalogue = sample_catalogue(generator, trainees=trainees, classes=classes)
    framework = read_framework(framework_source(), "A")
    province = draw_province(
        catalogue, framework=framework, settings=Settings(), generator=generator
    )
    return Sample(province, generator)


def make_instance(home: Path, *, address: str = "http://127.0.0.1:8000") -> tuple[str, str]:
    """Make a fresh instance folder by the command itself; returns the clerk's login, password.

    ``address`` is what the codes on the slips lead to.
    """
    password = secrets.token_urlsafe(12)
    with NamedTemporaryFile("w", encoding="utf-8") as note:  # readable by its owner only
        note.write(password)
        note.flush()
        known = ["--admin", CLERK, "--password-file", note.name, "--base-url", address]
        command(["init", *known], home=home)
    return CLERK, password


def command(arguments: Sequence[str], *, home: Path) -> None:
    """Run `guopei` as a process of its own; raises DemoFailed with what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "survey_app", *arguments],
        env={**os.environ, "GUOPEI_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DemoFailed(f"guopei {' '.join(arguments)}:{done.stderr or done.stdout}")


def collect(address: str, credentials: tuple[str, str], sample: Sample, tell: Tell) -> Clerk:
    """From import to closing: the clerk prepares, trainees and experts answer, the clerk closes."""
    clerk = Clerk(address, *credentials)
    clerk.import_sample(sample.province.catalogue)
    clerk.post("/province/open")
    accounts = clerk.invite("expert")
    slips = [*clerk.slips("classes"), *clerk.slips("sessions")]
    tell(f"目录已导入，年度已开放，发出答题码 {len(slips)} 个")
    instruments = load_instruments(instrument_sources())
    forms = trainee_forms(
        sample.province,
        instruments=instruments,
        slips=slips,
        settings=sample_settings(),
        generator=sample.generator,
    )
    send_forms(address, forms, tell)
    rubric = next(i for i in instruments if i.subject == ("expert", "visit", "end"))
    seen = observations(sample.province, instrument=rubric, generator=sample.generator)
    for expert, visits in sorted(seen.items()):
        observe(address, *accounts[expert], visits)
    tell(f"{len(seen)} 位评审专家已提交并签署 {sum(map(len, seen.values()))} 次实地调研")
    clerk.post("/province/close")
    return clerk


def send_forms(address: str, forms: Sequence[Filled], tell: Tell) -> None:
    """Let all trainees answer, some at the same time; raises what the first failure raised."""
    with ThreadPoolExecutor(PHONES) as phones:
        waiting = [phones.submit(answer_form, address, f.slip, f.answers) for f in forms]
        for number, one in enumerate(as_completed(waiting), 1):
            one.result()
            if number % (len(waiting) // 10 or 1) == 0:
                tell(f"已提交问卷（结业与场次） {number}/{len(waiting)} 份")


def take_away(clerk: Clerk, out: Path) -> None:
    """Download the sealed extract, as a third-party assessor would, and score it again."""
    from instruments.extract import unpack_extract

    archive = out / "extract.zip"
    archive.write_bytes(clerk.visitor.get("/province/extract.zip").content)
    unpack_extract(archive, out / "extract")
    home = out / "instance"
    extract, results, bulletin = (str(out / part) for part in ("extract", "results", "bulletin"))
    command(["score", extract, "--out", results], home=home)
    command(["bulletin", results, "--extract", extract, "--out", bulletin], home=home)
    published = clerk.visitor.get("/province/bulletin").content
    if published != (out / "bulletin" / "bulletin.html").read_bytes():
        raise DemoFailed("站点生成的通报与由数据快照重算的通报不同")
    command(["verify", str(out)], home=home)


def clear(out: Path) -> None:
    """Empty a folder that an earlier demonstration made; refuses every other that is not empty."""
    strange = {path.name for path in out.iterdir()} if out.exists() else set()
    if strange and not (out / MARK).is_file():
        raise DemoFailed(f"{out} 里有不属于样例的内容({'、'.join(sorted(strange))}),请换一个 --out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARK).write_text("样例，可以删除\n", encoding="utf-8")

"""The sample's instance: made by the command, scored once more from what was taken away."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from analysis.simulate import Province, Settings, draw_province
from instruments.builtin import framework_source, instrument_sources, load_instruments
from instruments.framework import read_framework
from instruments.model import Instrument
from survey_app.demo.answers import Draw
from survey_app.demo.cases import Case, honest_records
from survey_app.demo.people import Clerk
from survey_app.demo.programme import sample_catalogue, sample_settings

CLERK = "province"
MARK = ".guopei-demo"
"""File that says: this folder is a demonstration's own and may be emptied."""


class DemoFailed(RuntimeError):
    """A step of the demonstration did not hold; the text says which."""


@dataclass(frozen=True, eq=False)
class Sample:
    """The invented programme, its planted truth, and the generator that goes on from there."""

    province: Province
    instruments: Sequence[Instrument]
    generator: np.random.Generator

    @cached_property
    def draw(self) -> Draw:
        """What forms are drawn from."""
        return Draw(self.province, self.instruments, sample_settings(), self.generator)

    @cached_property
    def honest(self) -> list[Case]:
        """Every record as the truth has it, whether it is delivered so or not."""
        return honest_records(self.province, {one.code: one for one in self.instruments})


def draw_sample(*, trainees: int | None = None, classes: int | None = None) -> Sample:
    """Draw programme and truth from the seed in `programme.yaml`."""
    generator = np.random.default_rng(sample_settings()["seed"])
    catalogue = sample_catalogue(generator, trainees=trainees, classes=classes)
    frameworks = [read_framework(framework_source(name), name) for name in ("A", "B")]
    province = draw_province(
        catalogue, frameworks=frameworks, settings=Settings(), generator=generator
    )
    return Sample(province, load_instruments(instrument_sources()), generator)


def make_instance(home: Path, *, address: str = "http://127.0.0.1:8000") -> tuple[str, str]:
    """Make a fresh instance folder by the command itself; returns the clerk's login, password.

    ``address`` is what the codes on the slips lead to.
    """
    return _make_account(home, CLERK, "--base-url", address)


def add_clerk(home: Path) -> tuple[str, str]:
    """A second account of the province, made by the command as an office would; login, password."""
    return _make_account(home, f"{CLERK}2")


def _make_account(home: Path, login: str, *options: str) -> tuple[str, str]:
    """Run `guopei init` for this login with a fresh password; returns both."""
    password = secrets.token_urlsafe(12)
    with NamedTemporaryFile("w", encoding="utf-8") as note:  # readable by its owner only
        note.write(password)
        note.flush()
        command(["init", "--admin", login, "--password-file", note.name, *options], home=home)
    return login, password


def ended(arguments: Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """`guopei` run to its end as a process of its own, with all that it said."""
    return subprocess.run(
        [sys.executable, "-m", "survey_app", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def command(arguments: Sequence[str], *, home: Path) -> None:
    """Run `guopei` as a process of its own; raises DemoFailed with what it said."""
    done = ended(arguments, GUOPEI_HOME=str(home))
    if done.returncode:
        raise DemoFailed(f"guopei {' '.join(arguments)}:{done.stderr or done.stdout}")


def take_away(clerk: Clerk, out: Path, *, home: Path) -> None:
    """Download the sealed extract of the latest edition into ``out``, as a third-party assessor
    would, score it again, and compare with what the site has published."""
    from instruments.extract import unpack_extract

    out.mkdir(exist_ok=True)
    archive = out / "extract.zip"
    archive.write_bytes(clerk.visitor.get("/province/extract.zip").content)
    unpack_extract(archive, out / "extract")
    extract, results, bulletin = (str(out / part) for part in ("extract", "results", "bulletin"))
    command(["score", extract, "--out", results], home=home)
    command(["bulletin", results, "--extract", extract, "--out", bulletin], home=home)
    published = clerk.visitor.get("/province/bulletin").content
    if published != (out / "bulletin" / "bulletin.html").read_bytes():
        raise DemoFailed("站点生成的通报与由数据快照重算的通报不同")


def clear(out: Path) -> None:
    """Empty a folder that an earlier demonstration made; refuses every other that is not empty."""
    strange = {path.name for path in out.iterdir()} if out.exists() else set()
    if strange and not (out / MARK).is_file():
        named = "、".join(sorted(strange))
        raise DemoFailed(f"{out} 里有不属于样例的内容（{named}），请换一个 --out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARK).write_text("样例，可以删除\n", encoding="utf-8")

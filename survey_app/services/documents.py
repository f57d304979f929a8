"""The files of a bulletin as the office takes them away: which there are, and where they lie."""

from __future__ import annotations

import csv
import io
import json
import shutil
import unicodedata
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from instruments.folder import EPOCH
from survey_app.attachments import Attachment, shown_name
from survey_app.config import Settings
from survey_app.errors import Refused
from survey_app.models import CycleRow
from survey_app.phrases import phrase
from survey_app.printing_form import SLOTS
from survey_app.services.evaluation import BULLETINS, MEETINGS

PAGE, MANIFEST, FACTS = "bulletin.html", "bulletin.json", "texts/facts.csv"
EDITIONS = ("now", "end", "meeting")
"""The latest bulletin, that of the first edition once another followed, and the 送审稿."""
FORMS = (PAGE, "bulletin.pdf", "bulletin.docx", "short.xlsx", "short.docx")
_PACKED = (".pdf", ".docx", ".xlsx", ".png")
"""Endings of files that a zip makes no smaller."""


@dataclass(frozen=True)
class SheetLine:
    """The sheet of one unit, in the forms that there are."""

    kind: str
    code: str
    name: str
    forms: tuple[Attachment, ...]


@dataclass(frozen=True)
class Edition:
    """One bulletin's folder, and what its manifest says of it."""

    key: str
    folder: Path
    label: str
    """What it is called: 通报, 跟踪通报, 期末通报 or 送审稿."""
    title: str
    """The cycle's."""
    stored: Mapping[str, Any]

    @cached_property
    def files(self) -> frozenset[str]:
        """Every file that may be handed out; a former version wrote one page and no manifest."""
        listed = self.stored.get("files", {PAGE: {}})
        root = self.folder.resolve()
        places = {name: (root / name).resolve() for name in (*listed, MANIFEST)}
        return frozenset(
            name for name, place in places.items() if place.is_relative_to(root) and place.is_file()
        )

    @property
    def mark(self) -> str:
        """What it is marked as; a page of a former version says it itself."""
        mark = self.stored.get("mark", "")
        return phrase(f"mark.{mark}") if mark else ""

    @property
    def control(self) -> str:
        """The control code on every page."""
        return str(self.stored.get("control", ""))

    @property
    def forms(self) -> tuple[Attachment, ...]:
        """The bulletin and its one-page table in every form."""
        return self._present(*FORMS)

    @property
    def typed(self) -> tuple[tuple[str, int, str], ...]:
        """Slot, line and figure of every number that an official's text holds unbound."""
        return tuple(
            (phrase(f"slot.{file.partition('.')[0]}"), line, figure)
            for file, line, figure in self.stored.get("typed", [])
        )

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Every name that texts may use, and what it says now."""
        if FACTS not in self.files:
            return ()
        text = self.path(FACTS).read_text(encoding="utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text)) if len(row) == 2]
        return tuple((name, value) for name, value in rows[1:])

    @cached_property
    def sheets(self) -> tuple[SheetLine, ...]:
        """The sheets of all units, in the bulletin's order: kind by kind."""
        return tuple(
            SheetLine(
                phrase(f"sheet.{unit['kind']}"),
                unit["code"],
                unit["name"],
                self._present(f"sheets/{stem}.html", f"sheets/{stem}.pdf"),
            )
            for stem, unit in self.stored.get("sheets", {}).items()
        )

    def sheets_of(self, words: str) -> tuple[SheetLine, ...]:
        """Sheets whose unit's name or code holds ``words``."""
        sought = unicodedata.normalize("NFKC", words).strip().casefold()
        return tuple(one for one in self.sheets if sought in f"{one.code} {one.name}".casefold())

    def path(self, name: str) -> Path:
        """Where a listed file lies; a refusal for every other name."""
        if name not in self.files:
            raise Refused("no_document", 404)
        return self.folder / name

    def rules(self) -> dict[str, str]:
        """Slot → what the rules say there, with names instead of figures."""
        found = {slot: f"texts/{slot}.md" for slot in SLOTS}
        return {
            slot: self.path(name).read_text(encoding="utf-8")
            for slot, name in found.items()
            if name in self.files
        }

    def name_for(self, name: str) -> str:
        """The name under which somebody keeps a file of the bulletin."""
        stem, _, ending = name.rpartition("/")[2].rpartition(".")
        what = ""
        if name.startswith("sheets/"):
            unit = self.stored.get("sheets", {}).get(stem, {})
            what = f"-{phrase('document.sheet')}-{unit.get('name', stem)}"
        elif stem == "short":
            what = f"-{phrase('document.short')}"
        elif name == FACTS:
            what = f"-{phrase('document.facts')}"
        elif stem != "bulletin":
            what = f"-{stem}"
        return self._named(what, ending)

    def _named(self, what: str, ending: str) -> str:
        words = phrase("document.name", title=self.title, edition=self.label, what=what)
        return shown_name(f"{words.replace('/', '_')}.{ending}", ending)

    @property
    def archive_name(self) -> str:
        """The name of the zip of all files."""
        return self._named(f"-{phrase('document.all')}", "zip")

    def _present(self, *names: str) -> tuple[Attachment, ...]:
        sizes = {one: (self.folder / one).stat().st_size for one in names if one in self.files}
        return tuple(Attachment(name, name, size) for name, size in sizes.items())


def find_edition(settings: Settings, cycle: CycleRow, key: str) -> Edition:
    """One edition's bulletin, or a refusal."""
    name = cycle.first_evaluation if key == "end" else cycle.evaluation
    folder = settings.home / (MEETINGS if key == "meeting" else BULLETINS) / name
    if key not in EDITIONS or not name or not (folder / PAGE).is_file():
        raise Refused("no_bulletin", 404)
    later = key == "now" and cycle.first_extract
    label = phrase(f"edition.{'followup' if later else key}")
    return Edition(key, folder, label, cycle.title, _manifest(folder))


def editions(settings: Settings, cycle: CycleRow) -> tuple[Edition, ...]:
    """Every bulletin that there is."""
    found = []
    for key in EDITIONS:
        try:
            found.append(find_edition(settings, cycle, key))
        except Refused:
            continue
    return tuple(found)


def rules_of(settings: Settings, cycle: CycleRow) -> dict[str, str]:
    """What the rules say in the latest bulletin; nothing before there is one."""
    now = [one for one in editions(settings, cycle) if one.key == "now"]
    return now[0].rules() if now else {}


def packed(edition: Edition) -> IO[bytes]:
    """All files of a bulletin as a zip, the same bytes every time; gone once it is closed.

    Raises Refused when the bulletin is printed anew meanwhile, so that no zip mixes the two.
    """
    with ExitStack() as held:
        file = held.enter_context(TemporaryFile(dir=edition.folder.parent))
        try:
            with zipfile.ZipFile(file, "w") as archive:
                for name in sorted(edition.files):
                    _pack(archive, edition.path(name), name)
        except OSError as error:
            raise Refused("printed_meanwhile", 409) from error
        if _manifest(edition.folder) != edition.stored:
            raise Refused("printed_meanwhile", 409)
        held.pop_all()  # whoever sends it closes it
    file.seek(0)
    return file


def _pack(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    """Add a file without holding it in memory; what is packed already is not packed again."""
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_STORED if path.suffix in _PACKED else zipfile.ZIP_DEFLATED
    with path.open("rb") as source, archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target)


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}

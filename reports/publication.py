"""A bulletin's folder: its forms, the one-page table, the unit sheets, and what they rest on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.results import Results
from instruments.declaration import Declaration
from instruments.faults import Fault, FaultsFound, Place, fault
from instruments.folder import file_entry
from reports.bulletin import compose, short_bulletin
from reports.document import Bulletin
from reports.facts import gather_facts
from reports.folder import Pairs, writers
from reports.material import Material, gather
from reports.particulars import seal_beside
from reports.printing import (
    MEETING,
    SAMPLE_MEETING,
    Printing,
    default_printing,
    meeting,
    read_particulars,
    settled,
)
from reports.rules import Fact
from reports.sheet_files import SHEETS, sheet_files
from reports.texts import (
    FACTS_FILE,
    SUFFIX,
    default_texts,
    listed_facts,
    text_faults,
    unbound_numbers,
    usable_texts,
)
from reports.told import check_nothing_told
from reports.unit_sheets import unit_sheets
from reports.wording import phrase
from reports.writers.excel import render_xlsx
from reports.writers.fonts import Fonts, check_glyphs, read_fonts
from reports.writers.html import render_html
from reports.writers.typst import render_pdf
from reports.writers.word import render_docx

BULLETIN = "bulletin.html"
MANIFEST = "bulletin.json"
INPUTS, TEXTS, PARTICULARS = "inputs", "texts", "particulars.yaml"
WRITERS = ("Jinja2", "matplotlib", "typst", "docxtpl", "python-docx", "lxml", "openpyxl")
Progress = Callable[[str, int, int], None]
Write = Callable[[Bulletin, Fonts], bytes]
Document = tuple[Bulletin, Write]


@dataclass(frozen=True)
class Choices:
    """What an official gives for one printing; a draft needs none of it."""

    particulars: Path | None = None
    texts: Path | None = None
    """Folder of Markdown files."""
    fonts: Path | None = None
    meeting: bool = False
    """A 送审稿, which is marked so and is never issued."""
    published: tuple[Results, ...] = ()
    """What the readers of this bulletin hold already, of the same cycle: no file depends on it."""


def _page(bulletin: Bulletin, _fonts: Fonts) -> bytes:
    return render_html(bulletin).encode()


FORMS: Mapping[str, Write] = {
    BULLETIN: _page, "bulletin.pdf": render_pdf, "bulletin.docx": render_docx
}  # fmt: skip
SHORT_FORMS: Mapping[str, Write] = {"short.xlsx": render_xlsx, "short.docx": render_docx}


def write_bulletin(
    results: Results,
    place: Path,
    *,
    choices: Choices,
    progress: Progress | None,
    named: Pairs = (),
) -> None:
    """Write every form of the bulletin of ``results`` into the empty folder ``place``.

    ``named``: what is told to have written the files, instead of this machine's software. Raises
    FaultsFound for results that tell what a few people said, for texts, particulars or fonts that
    are refused and for a character that no font has; ``place`` is to be thrown away then.
    """
    texts = _given_texts(choices.texts, results) if choices.texts else {}
    printing = _printing(results, texts, _kept(choices, texts, place / INPUTS), choices)
    fonts = read_fonts(choices.fonts)
    # takes seconds: what the official gave is refused first
    check_nothing_told(results, choices.published)
    material = gather(results)
    facts = gather_facts(material)
    documents = dict(_documents(material, facts, printing))
    for document in {id(one): one for one, _ in documents.values()}.values():  # each once
        check_glyphs(document, fonts)
    (place / SHEETS).mkdir()
    for number, (name, (document, write)) in enumerate(documents.items(), 1):
        (place / name).write_bytes(write(document, fonts))
        if progress:
            progress(phrase("publication.written", name=name), number, len(documents))
    (place / TEXTS).mkdir()
    for name, text in default_texts(facts).items():
        (place / TEXTS / name).write_text(text, encoding="utf-8")
    (place / TEXTS / FACTS_FILE).write_bytes(listed_facts(facts).encode("utf-8-sig"))
    told = _told(material, printing, documents[BULLETIN][0])
    (place / MANIFEST).write_bytes(_manifest(told, fonts, place, named or writers(WRITERS)))


def _documents(
    material: Material, facts: Mapping[str, Fact], printing: Printing
) -> Iterator[tuple[str, Document]]:
    """File name → what it holds and how it is written."""
    bulletin = compose(material, facts, printing)
    yield from ((name, (bulletin, write)) for name, write in FORMS.items())
    short = short_bulletin(bulletin)
    yield from ((name, (short, write)) for name, write in SHORT_FORMS.items())
    for sheet in unit_sheets(material, bulletin):
        yield f"{SHEETS}/{sheet.stem}.html", (sheet.document, _page)
        if sheet.document.sections:
            yield f"{SHEETS}/{sheet.stem}.pdf", (sheet.summary, render_pdf)


def _given_texts(folder: Path, results: Results) -> Mapping[str, str]:
    """The texts of ``folder``. Where a file of it cannot be used, FaultsFound tells the faults
    within the others too; those alone are found when the bulletin is composed."""
    usable, faults = usable_texts(folder)
    if faults:
        facts = gather_facts(gather(results))
        raise FaultsFound([*faults, *text_faults(usable, facts)])
    return usable


def _kept(choices: Choices, texts: Mapping[str, str], place: Path) -> Path:
    """Copies of what was given, so that whoever recomputes the bulletin has the same."""
    kept = {}
    if choices.texts:
        kept = {f"{TEXTS}/{slot}{SUFFIX}": choices.texts / f"{slot}{SUFFIX}" for slot in texts}
    if choices.particulars:
        kept[PARTICULARS] = choices.particulars
        seal = _seal_of(choices.particulars)
        kept |= {seal.name: seal} if seal else {}
    for name, source in kept.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, place / name)
    return place


def _seal_of(path: Path) -> Path | None:
    """The seal that the particulars at ``path`` name, if it lies beside them; what is wrong with
    either, ``read_particulars`` says."""
    try:
        name = Declaration(path.read_bytes(), path.name).value.get("seal")
    except (OSError, FaultsFound):
        return None
    return seal_beside(path, name) if isinstance(name, str) else None


def _printing(
    results: Results, texts: Mapping[str, str], inputs: Path, choices: Choices
) -> Printing:
    """The printing by ``texts`` and by the particulars that ``inputs`` keeps; a meeting edition is
    marked so whatever they say."""
    printing = default_printing(results)
    if choices.particulars:
        printing = read_particulars(inputs / PARTICULARS, choices.particulars.name)
    if texts:
        printing = replace(printing, texts=texts)
    return settled(results, meeting(printing) if choices.meeting else printing)


def read_manifest(place: Path) -> dict[str, Any]:
    """What a bulletin's folder says of itself; {} where it says nothing readable."""
    try:
        stored = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def typed_figures(place: Path) -> list[str]:
    """Each line of the texts in ``place`` with figures typed by hand, which do not follow the
    data, in words."""
    lines: dict[tuple[str, int], list[str]] = {}
    for file, line, figure in read_manifest(place).get("typed", []):
        lines.setdefault((file, line), []).append(figure)
    return [
        phrase("publication.typed", file=file, line=str(line), figures="、".join(figures))
        for (file, line), figures in lines.items()
    ]


def listed_files(place: Path) -> frozenset[str]:
    """Names of the files that the manifest of ``place`` lists, itself among them."""
    files = read_manifest(place).get("files")
    return frozenset({*files, MANIFEST}) if isinstance(files, dict) else frozenset()


def stored_writers(place: Path) -> Pairs:
    """What the manifest of ``place`` says its files were written by; () where it says nothing."""
    listed = read_manifest(place).get("written_by")
    pairs = listed if isinstance(listed, list) else []
    fit = all(isinstance(pair, list) and len(pair) == 2 for pair in pairs)
    return tuple((str(name), str(value)) for name, value in pairs) if fit else ()


def changed_since(place: Path) -> list[Fault]:
    """Files of ``place`` that are not as its manifest sealed them; their absence is not asked."""
    files = read_manifest(place).get("files")
    listed = files if isinstance(files, dict) else {}
    return [
        fault("reports.unsealed", Place(file=f"{place.name}/{name}"))
        for name, entry in sorted(listed.items())
        if (place / name).is_file() and file_entry((place / name).read_bytes()) != entry
    ]


def choices_of(place: Path, *, fonts: Path | None = None) -> Choices:
    """The choices with which the bulletin in the folder ``place`` was printed."""
    inputs = place / INPUTS
    given, texts = inputs / PARTICULARS, inputs / TEXTS
    return Choices(
        particulars=given if given.is_file() else None,
        texts=texts if texts.is_dir() else None,
        fonts=fonts,
        meeting=read_manifest(place).get("mark") in (MEETING, SAMPLE_MEETING),
    )


def _told(material: Material, printing: Printing, bulletin: Bulletin) -> dict[str, Any]:
    """What the bulletin was written from, and what its reader calls its parts."""
    return {
        "extract_sha256": material.results.extract_sha256,
        "edition": material.results.cycle.edition,
        "mark": printing.mark,
        "title": bulletin.title,
        "control": bulletin.control,
        "typed": [list(one) for one in unbound_numbers(printing.texts)],
        "sheets": {
            one.stem: {"kind": one.kind, "code": one.code, "name": one.name}
            for one in sheet_files(material)
        },
    }


def _manifest(told: Mapping[str, Any], fonts: Fonts, place: Path, named: Pairs) -> bytes:
    """``told``, what it was written with, and every file with its hash, as JSON."""
    paths = sorted(path for path in place.rglob("*") if path.is_file())
    content = {
        **told,
        "fonts": [list(pair) for pair in fonts.named()],
        "written_by": [list(pair) for pair in named],
        "files": {p.relative_to(place).as_posix(): file_entry(p.read_bytes()) for p in paths},
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()

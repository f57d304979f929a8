"""Results to the frozen bulletin: what is said, in which order, with every number formatted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from analysis.results import Results
from reports.document import Bulletin, Imprint
from reports.facts import gather_facts
from reports.headings import numbered_headings
from reports.material import RATINGS, Material, gather
from reports.numbering import numbered_sections
from reports.printing import Printing, settled
from reports.rules import Fact
from reports.sections.findings import compliance_section, findings_sections, overview_section
from reports.sections.indicators import indicators_section
from reports.sections.method import method_section
from reports.sections.moves import editions_section
from reports.sections.provenance import control_code, provenance_section
from reports.sections.rankings import ranking_sections
from reports.sections.scores import scores_section
from reports.texts import written_texts
from reports.wording import entry, joined, phrase

ANNEXES = {
    "indicators": indicators_section,
    "method": method_section,
    "compliance": compliance_section,
    "scores": scores_section,
    "provenance": provenance_section,
}
"""Makers of the annexes; which of them an edition has, in which order, the phrases say."""

SHORT = "short"
"""Anchor of the section that the one-page forms repeat."""
WORDS = ("contents", "skip", "back", "attachments", "data", "above")
"""Labels that writers need."""


def build_bulletin(results: Results, printing: Printing) -> Bulletin:
    """Word, round and draw ``results``; ``printing`` says how it is marked and whose it is.

    Raises FaultsFound when the printing claims more than the data allow (``printing.settled``),
    or when its texts have faults (``texts.written_texts``).
    """
    material = gather(results)
    return compose(material, gather_facts(material), settled(results, printing))


def compose(material: Material, facts: Mapping[str, Fact], printing: Printing) -> Bulletin:
    """The same of ``material`` that is gathered and of its ``facts``; ``printing`` is settled."""
    results = material.results
    texts = written_texts(facts, printing.texts)
    sections = (
        overview_section(material, texts),
        *ranking_sections(material),
        *filter(None, [editions_section(material)]),
        *findings_sections(texts),
    )
    keys = entry(f"editions.{material.edition}.annexes")
    annexes = tuple(ANNEXES[key](material, _annex("annex", n, key)) for n, key in _listed(keys))
    numbered = numbered_sections((*numbered_headings(sections), *annexes))
    edition = f"editions.{material.edition}"
    return Bulletin(
        title=phrase(f"{edition}.title", year=results.cycle.year, cycle=results.cycle.title),
        mark=phrase(f"marks.{printing.mark}"),
        mark_note=mark_note(printing.mark),
        subtitle=_subtitle(material),
        addressees=printing.addressees or phrase(f"{edition}.addressees"),
        basis=texts["basis"].paragraphs,
        sections=numbered[: len(sections)],
        annexes=numbered[len(sections) :],
        control_label=phrase("labels.control"),
        control=control_code(results.extract_sha256),
        words=tuple((key, phrase(f"labels.{key}")) for key in WORDS),
        day=results.day,
        attachments=tuple(_annex("attachment", number, key) for number, key in _listed(keys)),
        imprint=printing.imprint,
    )


def mark_note(mark: str) -> str:
    """What a mark says in full; of a sample, what is invented and what only borrowed."""
    invented = phrase("marks.invented", places=phrase("marks.places"))
    return phrase(f"marks.{mark}_note", invented=invented)


def short_bulletin(bulletin: Bulletin) -> Bulletin:
    """The one-page table alone, under its own title, as marked as the bulletin."""
    sections = [child for section in bulletin.sections for child in section.sections]
    short = next(section for section in sections if section.anchor == SHORT)
    return replace(
        bulletin,
        title=phrase("labels.short", title=bulletin.title),
        addressees="",
        basis=(),
        sections=(replace(short, heading="", page=False),),
        annexes=(),
        attachments=(),
        imprint=Imprint(),
        one_page=True,
    )


def _listed(keys: list[str]) -> list[tuple[int, str]]:
    return list(enumerate(keys, 1))


def _annex(form: str, number: int, key: str) -> str:
    return phrase(f"labels.{form}", number=str(number), title=phrase(f"sections.{key}"))


def _subtitle(material: Material) -> str:
    """Cycle, edition, and which version of the points it rests on, with their status."""
    parts = [material.results.cycle.title, phrase(f"editions.{material.edition}.label")]
    if material.edition != RATINGS:
        parts += [
            phrase(
                "labels.framework",
                scorecard=one.scorecard,
                version=one.version,
                status=one.adoption.status,
            )
            for one in material.results.frameworks
        ]
    return joined(parts, "dots")

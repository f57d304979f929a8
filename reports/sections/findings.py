"""The worded sections: scope, 主要成效 with 典型做法, 存在问题, 下一步要求; what they say, the
rules and an official's texts say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reports.document import Paragraph, Section
from reports.material import Material
from reports.sections.gates import gate_blocks
from reports.sections.short import bands_section, short_section
from reports.texts import Passage
from reports.wording import phrase


def overview_section(material: Material, texts: Mapping[str, Passage]) -> Section:
    """总体情况: scope and methods, the one-page table, the names of the best bands."""
    children = [
        _worded("scope", texts["overview"]),
        short_section(material),
        bands_section(material),
    ]
    return Section("overview", phrase("sections.overview"), (), tuple(filter(None, children)))


def findings_sections(texts: Mapping[str, Passage]) -> Iterator[Section]:
    """主要成效, 存在问题 and 下一步要求, each where there is something to say."""
    practices = texts["practices"]
    achievements = texts["achievements"]
    if achievements or practices:
        section = _worded("achievements", achievements)
        last = [_worded("practices", practices)] if practices else []
        yield Section(section.anchor, section.heading, section.blocks, (*section.sections, *last))
    for slot in ("problems", "next_steps"):
        if texts[slot]:
            yield _worded(slot, texts[slot])


def _worded(key: str, text: Passage) -> Section:
    anchor = key.replace("_", "-")
    return Section(anchor, phrase(f"sections.{key}"), text.blocks(), text.sections(anchor))


def compliance_section(material: Material, heading: str) -> Section:
    """附件 合规核查: the plan's hard rules and who keeps them; or that rules are not part of this
    evaluation yet, and nothing has passed."""
    if material.results.plan.gates:
        return Section("compliance", heading, gate_blocks(material), page=True)
    state = phrase("compliance.state")
    blocks = (
        Paragraph(phrase("compliance.intro", state=state)),
        Paragraph(phrase("compliance.later")),
    )
    return Section("compliance", heading, blocks, page=True)

"""Fonts by role: a user's own file, what is wrong with it, and characters that another lends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from printed_bulletin import built_in_fonts, bulletin

from instruments.faults import FaultsFound
from reports.document import Paragraph
from reports.writers.fonts import Fonts, check_glyphs, read_fonts
from reports.writers.strings import ROLES
from reports.writers.typst import render_pdf

SANS = built_in_fonts().hei.path
MISSING_IN_PART = "国"


def listed(folder: Path, text: str) -> Path:
    path = folder / "字体.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def part_of(path: Path, folder: Path, characters: str) -> Path:
    """A font of few characters, named 少字."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    font = TTFont(path)
    cutter = subset.Subsetter()
    cutter.populate(text=characters)
    cutter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 4, 16):
            record.string = "Few"
    made = folder / "few.otf"
    font.save(made)
    return made


def code_of(path: Path) -> str:
    with pytest.raises(FaultsFound) as stopped:
        read_fonts(path)
    [fault] = stopped.value.faults
    assert fault.place.file == path.name
    return fault.code


def test_every_role_has_a_built_in_font_and_a_name_for_word() -> None:
    fonts = read_fonts(None)
    assert all(fonts.role(role).path.is_file() for role in ROLES)
    assert [fonts.role(role).word for role in ROLES] == ["方正小标宋简体", "仿宋", "楷体", "黑体"]


def test_a_file_of_ones_own_replaces_the_roles_it_names(tmp_path: Path) -> None:
    fonts = read_fonts(listed(tmp_path, f"body: {{file: '{SANS}', family: Noto Sans SC}}"))
    assert fonts.body.family == fonts.body.word == "Noto Sans SC"
    assert fonts.title == built_in_fonts().title


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"head: {{file: '{SANS}', family: Noto Sans SC}}", "fonts.role"),
        ("body: {file: none.otf, family: X}", "fonts.unreadable"),
        ("body: {file: 字体.yaml, family: X}", "fonts.unreadable"),
        (f"body: {{file: '{SANS}', family: 仿宋}}", "fonts.family"),
        (f"body: {{file: '{SANS}', colour: red}}", "fonts.key"),
        (f"body: {{file: '{SANS}', more: none.otf}}", "fonts.key"),
        (f"body: {{file: '{SANS}', more: [none.otf]}}", "fonts.unreadable"),
        ("body: {family: X}", "fonts.key"),
        ("body: 仿宋", "fonts.key"),
        ("body: {package: other}", "fonts.key"),
        ("- body", "fonts.yaml"),
        ("body: {", "fonts.yaml"),
    ],
)
def test_what_is_wrong_with_the_list_is_said(text: str, code: str, tmp_path: Path) -> None:
    assert code_of(listed(tmp_path, text)) == code


def test_an_absent_list_is_refused(tmp_path: Path) -> None:
    assert code_of(tmp_path / "没有.yaml") == "fonts.yaml"


@pytest.fixture
def lent(tmp_path: Path) -> Fonts:
    """Body lacks one character of the text, which a further font has."""
    given = bulletin(Paragraph("正文"))
    texts = "".join((given.title, given.mark, given.mark_note, *given.basis, given.addressees))
    known = set(texts + "0123456789abcdef正文见表。校验码— 附件：附件1指标与权重") - {
        MISSING_IN_PART
    }
    few = part_of(built_in_fonts().body.path, tmp_path, "".join(sorted(known)))
    return read_fonts(
        listed(tmp_path, f"body: {{file: {few.name}, family: Few, more: ['{SANS}']}}")
    )


def test_characters_that_a_further_font_lends_are_listed_and_printed(lent: Fonts) -> None:
    given = bulletin(Paragraph(f"正文{MISSING_IN_PART}"))
    [one] = check_glyphs(given, lent)
    assert (one.role, one.character, one.family) == ("body", MISSING_IN_PART, "Noto Sans SC")
    assert b"NotoSansSC" in render_pdf(given, lent)


def test_without_a_further_font_the_same_text_stops(lent: Fonts) -> None:
    bare = replace(lent, body=replace(lent.body, more=()))
    with pytest.raises(FaultsFound) as stopped:
        render_pdf(bulletin(Paragraph(f"正文{MISSING_IN_PART}")), bare)
    assert [fault.code for fault in stopped.value.faults] == ["fonts.glyph"]


def test_faults_beyond_forty_are_counted() -> None:
    given = bulletin(*[Paragraph("\U0001f600")] * 50)
    with pytest.raises(FaultsFound) as stopped:
        check_glyphs(given, built_in_fonts())
    assert len(stopped.value.faults) == 41
    assert "10" in stopped.value.faults[-1].message


def test_a_role_whose_font_lacks_many_is_told_once(tmp_path: Path) -> None:
    """As a font without Chinese does; a role that lacks few names each place as before."""
    few = part_of(built_in_fonts().body.path, tmp_path, "0123456789abcdef")
    fonts = read_fonts(listed(tmp_path, f"body: {{file: {few.name}, family: Few}}"))
    hei = built_in_fonts().hei
    given = bulletin(Paragraph("一二三四五六七八九十百千万"))
    given = replace(given, sections=(replace(given.sections[0], heading="甲\U0001f600"),))
    with pytest.raises(FaultsFound) as stopped:
        check_glyphs(given, fonts)
    found = {dict(one.details)["role"]: one for one in stopped.value.faults}
    assert len(found) == len(stopped.value.faults) == 2
    assert [found[role].code for role in ("body", "hei")] == ["fonts.many", "fonts.glyph"]
    assert dict(found["hei"].details)["family"] == hei.family
    told = dict(found["body"].details)
    assert found["body"].place.file == given.title
    assert int(told["count"]) > len(told["characters"].split()) == 8
    assert "多半不是中文字体" in found["body"].message

"""The XForm that Collect fetches: what it asks is what the instrument asks, read independently."""

from __future__ import annotations

import shutil
from xml.etree import ElementTree as ET

import pytest
from collecting import EVERY
from pyxform.validators.odk_validate import check_xform

from instruments.builtin import form_parts, instrument_sources, load_instruments
from instruments.form import join_form
from instruments.model import Instrument
from instruments.xform import About, write_xform

X, H = "{http://www.w3.org/2002/xforms}", "{http://www.w3.org/1999/xhtml}"
JR, ODK = "{http://openrosa.org/javarosa}", "{http://www.opendatakit.org/xforms}"
ABOUT = About("sessions.csv", "哪一场", "只列出您的")
SOURCES = {**instrument_sources(), "every.md": EVERY}
CODES = sorted({one.code for one in load_instruments(SOURCES)})
TYPES = {
    "select_one": "string",
    "select_multiple": "string",
    "text": "string",
    "integer": "int",
    "decimal": "decimal",
    "date": "date",
    "file": "binary",
    "note": "string",
}


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


class Read:
    """A form as another program reads it."""

    def __init__(self, code: str) -> None:
        self.text = write_xform(list(form_parts(SOURCES, code).values()), ABOUT)
        root = ET.fromstring(self.text)
        model = root.find(f"{H}head/{X}model")
        body = root.find(f"{H}body")
        assert model is not None and body is not None
        self.model, self.body = model, body
        self.data = model.findall(f"{X}instance")[0][0]
        self.binds = {bind.get("nodeset"): bind for bind in model.iter(f"{X}bind")}
        self.lists = {
            one.get("id"): [
                (item.findtext(f"{X}name"), item.findtext(f"{X}label"))
                for item in one.iter(f"{X}item")
            ]
            for one in model.findall(f"{X}instance")[1:]
        }

    def asked(self, path: str) -> ET.Element | None:
        found = [one for one in self.body.iter() if one.get("ref") == path]
        assert len(found) <= 1
        return found[0] if found else None


@pytest.fixture(scope="module", params=CODES)
def both(request) -> tuple[Instrument, Read]:
    [instrument] = [one for one in load_instruments(SOURCES) if one.code == request.param]
    return instrument, Read(request.param)


def test_names_and_version_are_the_instrument_s(both: tuple[Instrument, Read]) -> None:
    form, read = both
    assert read.data.attrib == {"id": form.code, "version": form.version}
    submission = read.model.find(f"{X}submission")
    assert submission is not None and submission.attrib == {f"{ODK}client-editable": "true"}


def test_every_item_is_asked_once_with_its_type_rules_and_words(
    both: tuple[Instrument, Read],
) -> None:
    form, read = both
    for section in form.sections:
        for item in section.items:
            path = f"/data/{section.name}/{item.name}"
            bind, shown = read.binds[path], read.asked(path)
            assert shown is not None, path
            assert bind.get("type") == TYPES[item.type], path
            assert (bind.get("required") == "true()") == item.required, path
            assert bool(bind.get("relevant")) == bool(item.relevant), path
            assert bool(bind.get("constraint")) == (item.limit is not None), path
            assert (shown.findtext(f"{X}label") or "").strip() == item.label.strip(), path
            for rule in item.relevant:
                assert f"'{rule.value}'" in (bind.get("relevant") or "")
        own = read.binds.get(f"/data/{section.name}")
        assert bool(own is not None and own.get("relevant")) == bool(section.relevant)


def test_choices_are_the_scale_s_with_what_a_level_means(both: tuple[Instrument, Read]) -> None:
    form, read = both
    for section in form.sections:
        for item in section.items:
            if item.scale is not None:
                wanted = [
                    (one.code, f"{one.label}：{one.description}" if one.description else one.label)
                    for one in item.scale.choices
                ]
                assert read.lists[item.scale.name] == wanted


def test_the_session_is_asked_first_and_chosen_from_the_file(
    both: tuple[Instrument, Read],
) -> None:
    _, read = both
    shown = read.asked("/data/About")
    assert shown is not None and shown.findtext(f"{X}label") == ABOUT.label
    itemset = shown.find(f"{X}itemset")
    assert itemset is not None and "instance('sessions')" in itemset.get("nodeset", "")
    assert 'src="jr://file-csv/sessions.csv"' in read.text
    assert read.binds["/data/About"].get("required") == "true()"


def test_collect_writes_its_audit_without_places_or_former_answers(
    both: tuple[Instrument, Read],
) -> None:
    _, read = both
    audit = read.binds["/data/meta/audit"]
    assert audit.get("type") == "binary"
    assert [name for name in audit.attrib if name.startswith(ODK)] == []
    assert "geopoint" not in read.text and "background-geopoint" not in read.text


def test_what_collect_has_no_place_for_is_said_in_notes() -> None:
    form = join_form(list(form_parts(SOURCES, "expert_rubric").values()))
    said = Read("expert_rubric")
    notice = said.asked("/data/Notice")
    hint = said.asked("/data/rubric/Hint_rubric")
    assert notice is not None and notice.findtext(f"{X}label") == form.context("notice")
    assert hint is not None and "4级见于学员自己的产出" in (hint.findtext(f"{X}label") or "")


@pytest.mark.skipif(not shutil.which("java"), reason="ODK Validate needs Java")
@pytest.mark.parametrize("code", ["expert_rubric", "every_type"])
def test_odk_validate_accepts_it(code: str, tmp_path) -> None:
    path = tmp_path / f"{code}.xml"
    path.write_text(Read(code).text, encoding="utf-8")
    assert check_xform(str(path)) == []
    path.write_text(Read(code).text.replace("'unseen'", "unseen("), encoding="utf-8")
    if code == "expert_rubric":
        with pytest.raises(Exception, match="ODK Validate"):
            check_xform(str(path))

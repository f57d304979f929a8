"""The bulletin's files on the site: only those that its manifest lists, each as what it is."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from scored_site import score_whole
from werkzeug.datastructures import Headers

from site_for_tests import Site, Staff, build
from survey_app import db
from survey_app.errors import Refused
from survey_app.protection import BULLETIN_POLICY, FILE_POLICY
from survey_app.services import documents
from survey_app.services.programme import current_cycle

NOW = "/province/bulletin/now"


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A scored cycle that no test changes."""
    made = build(tmp_path_factory.mktemp("documents") / "home", whole=True)
    score_whole(made)
    yield made
    made.engine.dispose()


def folder_of(site: Site) -> Path:
    with db.look(site.engine) as session:
        return site.home / "bulletins" / current_cycle(session).evaluation


def taken(boss: Staff, path: str) -> tuple[bytes, Headers]:
    """What somebody downloads, after every redirection, and its headers."""
    with boss.client.get(path, follow_redirects=True) as reply:
        assert reply.status_code == 200, path
        return reply.data, reply.headers


def test_the_former_address_leads_to_the_page(scored: Site) -> None:
    reply = scored.staff("boss").get("/province/bulletin")
    assert (reply.status_code, reply.location) == (303, f"{NOW}/bulletin.html")


def test_pages_are_locked_in_and_the_rest_is_kept(scored: Site) -> None:
    boss, folder = scored.staff("boss"), folder_of(scored)
    for name in ("bulletin.html", "sheets/I1.html"):
        page, headers = taken(boss, f"{NOW}/{name}")
        assert page == (folder / name).read_bytes()
        assert "attachment" not in headers.get("Content-Disposition", "")
        assert headers["Content-Security-Policy"] == BULLETIN_POLICY
    assert "href=sheets/I1.html" in (folder / "bulletin.html").read_text(encoding="utf-8")
    assert "../bulletin.html" in (folder / "sheets/I1.html").read_text(encoding="utf-8")
    kept = {"bulletin.pdf": "通报.pdf", "short.xlsx": "简表.xlsx", "bulletin.docx": "通报.docx"}
    for name, ending in (kept | {"sheets/I2.pdf": "单位分表-示例院校乙.pdf"}).items():
        file, headers = taken(boss, f"{NOW}/{name}")
        assert file == (folder / name).read_bytes()
        told = headers["Content-Disposition"]
        assert told.startswith("attachment") and "filename*=UTF-8''" in told
        assert unquote(told).endswith(ending), told
        assert headers["Content-Security-Policy"] == FILE_POLICY


@pytest.mark.parametrize(
    "name",
    ["../../site.db", "%2e%2e/%2e%2e/site.db", "sheets/../../../site.db", "/etc/passwd", "sheets",
     "unlisted.html", "sheets/", "texts/../bulletin.html", "..%2f..%2fconfig.toml", "x.html%00"],
)  # fmt: skip
def test_nothing_else_is_served(scored: Site, name: str) -> None:
    (folder_of(scored) / "unlisted.html").write_text("draft", encoding="utf-8")
    reply = scored.staff("boss").get(f"{NOW}/{name}")
    assert reply.status_code in (308, 404), name
    if reply.status_code == 308:  # a doubled slash: the same again without it
        assert scored.staff("boss").get(reply.location).status_code == 404


def test_a_listed_link_does_not_lead_away(scored: Site) -> None:
    folder = folder_of(scored)
    (folder / "link.pdf").symlink_to(scored.home / "site.db")
    edition = documents.Edition("now", folder, "", "", {"files": {"link.pdf": {}, "../x": {}}})
    assert edition.files == {"bulletin.json"}
    (folder / "link.pdf").unlink()


@pytest.mark.parametrize("edition", ["end", "meeting", "later", ".."])
def test_an_edition_that_is_not_there(scored: Site, edition: str) -> None:
    boss = scored.staff("boss")
    assert boss.get(f"/province/bulletin/{edition}/bulletin.html").status_code == 404
    assert boss.get(f"/province/documents/{edition}.zip").status_code == 404


def test_the_page_lists_forms_and_sheets(scored: Site) -> None:
    boss = scored.staff("boss")
    assert "通报文件" in boss.get("/province/").text
    page = boss.get("/province/documents").text
    stored = json.loads((folder_of(scored) / "bulletin.json").read_text(encoding="utf-8"))
    for words in ("简表（Excel）", "简表（Word）", "样例", stored["control"], "示例院校乙", "KB"):
        assert words in page, words
    for name in ("bulletin.html", "bulletin.pdf", "bulletin.docx", "short.xlsx", "sheets/I1.pdf"):
        assert f'href="{NOW}/{name}"' in page, name


def test_all_files_in_one_with_the_same_bytes_each_time(scored: Site) -> None:
    boss, folder = scored.staff("boss"), folder_of(scored)
    packed, headers = taken(boss, "/province/documents/now.zip")
    assert packed == taken(boss, "/province/documents/now.zip")[0]
    assert "全部文件.zip" in unquote(headers["Content-Disposition"])
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        listed = json.loads((folder / "bulletin.json").read_text(encoding="utf-8"))["files"]
        assert set(archive.namelist()) == {*listed, "bulletin.json"}
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("sheets/I1.pdf") == (folder / "sheets/I1.pdf").read_bytes()


def test_a_folder_of_a_former_version_still_works(scored: Site, tmp_path: Path) -> None:
    folder = folder_of(scored)
    aside = tmp_path / "aside"
    shutil.move(folder, aside)
    folder.mkdir()
    shutil.copy(aside / "bulletin.html", folder)
    boss = scored.staff("boss")
    try:
        page, _ = taken(boss, "/province/bulletin")
        assert page == (folder / "bulletin.html").read_bytes()
        listing = boss.get("/province/documents").text
        assert "网页" in listing and "单位分表" not in listing
        assert boss.get("/province/printing/").status_code == 200
    finally:
        shutil.rmtree(folder)
        shutil.move(aside, folder)


def test_sheets_are_sought_by_name_or_code_without_script(scored: Site) -> None:
    boss = scored.staff("boss")
    found = boss.get("/province/documents?words=院校乙").text
    assert (
        "示例院校乙" in found
        and "示例院校甲" not in found
        and '<details class="leaves" open' in found
    )
    assert "示例院校甲" in boss.get("/province/documents?words=i1").text
    nobody = boss.get("/province/documents?words=%3Cb%3E无%3C/b%3E").text
    assert "没有名称或代码里有“&lt;b&gt;无&lt;/b&gt;”的单位" in nobody


def test_invented_data_say_so_on_both_pages(scored: Site) -> None:
    for path in ("documents", "printing/"):
        assert "样例数据，仅供演示" in scored.staff("boss").get(f"/province/{path}").text


def test_a_zip_never_mixes_two_prints(scored: Site, tmp_path: Path) -> None:
    folder = folder_of(scored)
    whole = shutil.copytree(folder, tmp_path / "bulletins" / "x")
    stored = json.loads((whole / "bulletin.json").read_text(encoding="utf-8"))
    edition = documents.Edition("now", whole, "", "", stored)
    assert edition.files
    (whole / "bulletin.json").write_text(json.dumps(stored | {"mark": "draft"}), encoding="utf-8")
    with pytest.raises(Refused, match="打包时通报正在重新排印"):
        documents.packed(edition)
    (whole / "bulletin.pdf").unlink()
    with pytest.raises(Refused, match="打包时通报正在重新排印"):
        documents.packed(edition)


def test_how_much_comes_is_said_before(scored: Site) -> None:
    packed, headers = taken(scored.staff("boss"), "/province/documents/now.zip")
    assert int(headers["Content-Length"]) == len(packed)

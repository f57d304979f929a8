"""Photos of a visit: named first, sent in parts, drawn anew, seen by whom they concern."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hostile_photos import MARK, SCRIPT, hostile, packed, picture
from PIL import Image
from sqlalchemy import text
from test_arrivals import ID, canonical, document, rows, send
from test_arrivals import packed as fetched

from site_for_tests import Site, Staff
from survey_app import db
from survey_app.models import PhotoPlaceRow, PhotoRow
from survey_app.photos import clean_photo, photo_rules
from survey_app.photos.child import PhotoLimits

pytest_plugins = ("site_fixtures",)
PHOTOS = "/expert/field/photos"
GOOD = packed(picture(800, 600), "jpg")


@pytest.fixture
def expert(site: Site) -> Staff:
    staff = site.staff("E1")
    staff.post("/expert/visits/V1/declaration", declaration="none")
    return staff


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def named(content: bytes, **changes: Any) -> dict[str, Any]:
    told = {"item": "e1", "sha256": sha(content), "size": len(content), "original": "a" * 64}
    return told | changes


def name(expert: Staff, *contents: bytes, **changes: Any) -> None:
    """Deliver a record that names these photos."""
    photos = [named(one) for one in contents]
    told = document(fetched(expert), photos=photos, **changes)
    reply = send(expert, canonical(told))
    assert reply.get_json()["standing"] == "taken"


def part(expert: Staff, content: bytes, at: int, piece: bytes):
    token = {"X-CSRFToken": expert.token}
    return expert.client.post(f"{PHOTOS}/{sha(content)}?at={at}", data=piece, headers=token)


def upload(expert: Staff, content: bytes) -> dict[str, Any]:
    """Send a photo whole, in parts; what is said at its end."""
    step = photo_rules().part
    told: dict[str, Any] = {}
    for at in range(0, len(content), step):
        told = part(expert, content, at, content[at : at + step]).get_json()
    return told


def test_a_photo_is_taken_after_the_record_that_names_it(site: Site, expert: Staff) -> None:
    assert part(expert, GOOD, 0, GOOD).status_code == 404 and rows(site, PhotoRow) == []
    name(expert, GOOD)
    assert expert.get(f"{PHOTOS}/{sha(GOOD)}").get_json() == {
        "have": 0,
        "done": False,
        "refusal": "",
    }
    assert upload(expert, GOOD) == {"have": len(GOOD), "done": True, "refusal": ""}
    [photo], [place] = rows(site, PhotoRow), rows(site, PhotoPlaceRow)
    assert (place.visit, place.session, place.item, place.original) == ("V1", "S1", "e1", "a" * 64)
    kept = (site.home / "evidence" / photo.id).read_bytes()
    assert sha(kept) == photo.stored != sha(GOOD) and (photo.width, photo.height) == (800, 600)
    assert list((site.home / "evidence" / "parts").iterdir()) == []
    assert Image.open(BytesIO(kept)).format == "JPEG"


def test_parts_go_on_where_they_stopped_and_a_retry_changes_nothing(
    site: Site, expert: Staff
) -> None:
    name(expert, GOOD)
    half = len(GOOD) // 2
    assert part(expert, GOOD, 0, GOOD[:half]).get_json()["have"] == half
    for at in (0, half + 1, len(GOOD)):  # the same again, one with a gap, one behind the end
        assert part(expert, GOOD, at, GOOD[at : at + 99]).get_json()["have"] == half
    assert expert.get(f"{PHOTOS}/{sha(GOOD)}").get_json()["have"] == half
    too_much = part(expert, GOOD, half, GOOD[half:] + b"more").get_json()
    assert (too_much["have"], too_much["done"]) == (half, False)
    assert part(expert, GOOD, half, GOOD[half:]).get_json()["done"]
    assert part(expert, GOOD, 0, GOOD[:half]).get_json()["done"]
    assert len(rows(site, PhotoRow)) == 1


def test_a_photo_that_is_not_what_it_says_begins_anew(site: Site, expert: Staff) -> None:
    name(expert, GOOD)
    false = bytes(len(GOOD))
    assert part(expert, GOOD, 0, false).get_json() == {"have": 0, "done": False, "refusal": ""}
    assert rows(site, PhotoRow) == [] and upload(expert, GOOD)["done"]


@pytest.mark.parametrize("at", ["", "x", "-1", "1" * 10])
def test_what_is_no_part_is_refused(site: Site, expert: Staff, at: str) -> None:
    name(expert, GOOD)
    token = {"X-CSRFToken": expert.token}
    reply = expert.client.post(f"{PHOTOS}/{sha(GOOD)}?at={at}", data=b"x", headers=token)
    assert reply.status_code == 400 and "片段" in reply.get_json()["message"]
    large = part(expert, GOOD, 0, bytes(photo_rules().part + 1))
    assert large.status_code == 400


def test_sixty_hostile_files_are_refused_or_drawn_anew_and_the_record_is_safe(
    site: Site, expert: Staff
) -> None:
    files = list(hostile())
    assert len(files) >= 60 and len({sha(content) for _, content, _ in files}) == len(files)
    revision, step = 0, photo_rules().photos
    for first in range(0, len(files), step):
        batch = files[first : first + step]
        answers = {"due": [str(revision)], "present": ["1"]}
        name(expert, *(content for _, content, _ in batch), base=revision, answers=answers)
        revision += 1
        for told, content, keep in batch:
            end = upload(expert, content)
            assert end["done"] and (not end["refusal"]) is keep, (told, end)
    for photo in rows(site, PhotoRow):
        path = site.home / "evidence" / photo.id
        assert path.exists() is (photo.refusal == "")
        if not photo.refusal:
            kept = path.read_bytes()
            assert MARK not in kept and SCRIPT not in kept
            drawn = Image.open(BytesIO(kept))
            assert not drawn.getexif() and set(drawn.info) <= {"jfif", "jfif_version"} | {
                "jfif_unit",
                "jfif_density",
            }
    [session] = fetched(expert)["visits"][0]["sessions"]
    assert session["record"] == ID and session["answers"]["due"] == [str(revision - 1)]


def test_a_child_ends_at_its_limits_and_the_site_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "photo"
    path.write_bytes(packed(Image.effect_noise((5000, 5000), 90).convert("RGB"), "png"))
    rules = photo_rules().limits
    tight = PhotoLimits(rules.pixels, rules.edge, rules.quality, rules.seconds, 300_000_000)
    assert clean_photo(path, tight) == "photo_damaged"
    small = tmp_path / "small"
    small.write_bytes(GOOD)
    assert not isinstance(clean_photo(small, rules), str)


def test_who_may_see_a_photo(site: Site, expert: Staff) -> None:
    name(expert, GOOD)
    upload(expert, GOOD)
    [photo] = rows(site, PhotoRow)
    path = f"/photos/{photo.id}"
    reply = expert.get(path)
    reply.close()
    assert (reply.status_code, reply.mimetype) == (200, "image/jpeg")
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert status(site.staff("boss"), path) == 200
    other = site.staff("E2")
    assert status(other, path) == 404
    signed(site, "V1")
    assert status(other, path) == 404  # blind until both have signed
    signed(site, "V2")
    assert status(other, path) == 200
    assert site.visitor().get(path).status_code == 303
    assert expert.get("/photos/" + "0" * 32).status_code == 404


def status(staff: Staff, path: str) -> int:
    with staff.get(path) as reply:
        return reply.status_code


def signed(site: Site, visit: str) -> None:
    with db.transaction(site.engine) as session:
        session.execute(
            text("UPDATE visits SET signed = :yes WHERE code = :v"), {"yes": True, "v": visit}
        )


def test_another_expert_s_photo_may_not_be_sent(site: Site, expert: Staff) -> None:
    name(expert, GOOD)
    assert part(site.staff("E2"), GOOD, 0, GOOD).status_code == 404
    assert upload(expert, GOOD)["done"]


@pytest.mark.parametrize(
    "changes",
    [
        {"item": "../x"},
        {"sha256": "A" * 64},
        {"size": 0},
        {"size": photo_rules().bytes + 1},
        {"size": True},
        {"original": ""},
    ],
)
def test_a_record_that_names_photos_wrongly_is_refused(
    expert: Staff, changes: dict[str, Any]
) -> None:
    told = document(fetched(expert), photos=[named(GOOD, **changes)])
    assert send(expert, canonical(told)).status_code == 400


def test_a_record_names_so_many_photos_and_no_more(expert: Staff) -> None:
    many = [named(bytes([n])) for n in range(photo_rules().photos + 1)]
    assert send(expert, canonical(document(fetched(expert), photos=many))).status_code == 400
    assert send(expert, canonical(document(fetched(expert), photos=many[1:]))).status_code == 200


def test_a_photo_that_was_taken_out_again_is_shown_no_more(site: Site, expert: Staff) -> None:
    name(expert, GOOD)
    upload(expert, GOOD)
    page = "/expert/visits/V1/sessions/S1/file"
    assert "/photos/" in expert.get(page).text
    for revision in range(1, 6):  # the same answers; only what is beside them changes
        photos = [named(GOOD)] if revision % 2 == 0 else []
        told = document(fetched(expert), base=revision, photos=photos, audit=[revision])
        reply = send(expert, canonical(told)).get_json()
        assert (reply["standing"], reply["revision"]) == ("taken", revision + 1)
        assert ("/photos/" in expert.get(page).text) is bool(photos)

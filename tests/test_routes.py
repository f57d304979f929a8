"""Every route has an access rule, and nobody else gets in."""

from __future__ import annotations

import pytest

from site_for_tests import Site, build

PUBLIC, STAFF, EXPERT, PROVINCE = "public", "staff", "expert", "province"
REPORTER, INSTITUTION = "reporter", "institution"
KEY = "key"
"""An expert's ODK Collect, which brings its key in the address."""
"""Institutions, localities, schools, recorders; experts for their reviews."""
ACCESS = {
    "trainee.notice": PUBLIC,
    "trainee.form": PUBLIC,
    "trainee.submit": PUBLIC,
    "trainee.show_receipt": PUBLIC,
    "tokens.page": PUBLIC,
    "tokens.sign": PUBLIC,
    "receipts.listing": PUBLIC,
    "receipts.part_page": PUBLIC,
    "receipts.part_file": PUBLIC,
    "receipts.heads_file": PUBLIC,
    "auth.index": PUBLIC,
    "auth.sign_in_page": PUBLIC,
    "auth.sign_in": PUBLIC,
    "auth.invitation": PUBLIC,
    "auth.accept": PUBLIC,
    "auth.sign_out": STAFF,
    "auth.password_page": STAFF,
    "auth.change_password": STAFF,
    "field.shell": EXPERT,
    "field.worker": EXPERT,
    "field.manifest": EXPERT,
    "field.pack": EXPERT,
    "field.record": EXPERT,
    "field.signature": EXPERT,
    "field.photo": EXPERT,
    "field.photo_part": EXPERT,
    "visits.listing": PROVINCE,
    "visits.province_file": PROVINCE,
    "visits.expert_file": EXPERT,
    "visits.amendment": EXPERT,
    "visits.amend": EXPERT,
    "visits.photo": STAFF,
    "visits.arrival": PROVINCE,
    "visits.arrival_file": PROVINCE,
    "training.listing": EXPERT,
    "training.session": EXPERT,
    "training.rate": EXPERT,
    "training.reference": EXPERT,
    "expert.visits": EXPERT,
    "expert.visit": EXPERT,
    "expert.declare": EXPERT,
    "expert.record": EXPERT,
    "expert.save": EXPERT,
    "expert.sign": EXPERT,
    "expert.review": EXPERT,
    "expert.declare_review": EXPERT,
    "collect.page": EXPERT,
    "collect.change": EXPERT,
    "collect.end": PROVINCE,
    "openrosa.forms": KEY,
    "openrosa.form": KEY,
    "openrosa.manifest": KEY,
    "openrosa.sessions": KEY,
    "openrosa.ready": KEY,
    "openrosa.submit": KEY,
    "records.mine": REPORTER,
    "records.form": REPORTER,
    "records.send": REPORTER,
    "records.view": REPORTER,
    "records.copies": REPORTER,
    "files.download": STAFF,
    "boards.class_board": PUBLIC,
    "boards.mine": INSTITUTION,
    "boards.one": INSTITUTION,
    "boards.remind": INSTITUTION,
    "boards.links": PROVINCE,
    "boards.end_link": PROVINCE,
    "duties.listing": PROVINCE,
    "duties.remind": PROVINCE,
    "duties.record": PROVINCE,
    "duties.send_back": PROVINCE,
    "duties.check": PROVINCE,
    "province.board": PROVINCE,
    "province.open_answers": PROVINCE,
    "province.close_answers": PROVINCE,
    "province.seal": PROVINCE,
    "province.download": PROVINCE,
    "province.training_class": PROVINCE,
    "province.tickets": PROVINCE,
    "province.poster": PROVINCE,
    "rosters.page": PROVINCE,
    "rosters.send": PROVINCE,
    "province.experts": PROVINCE,
    "province.invitations": PROVINCE,
    "province.send_invitations": PROVINCE,
    "province.score": PROVINCE,
    "province.score_again": PROVINCE,
    "province.progress": PROVINCE,
    "province.bulletin": PROVINCE,
    "province.audit_page": PROVINCE,
    "programme.import_page": PROVINCE,
    "programme.check_import": PROVINCE,
    "programme.apply_import": PROVINCE,
    "programme.marked_import": PROVINCE,
    "programme.template": PROVINCE,
    "programme.sample": PROVINCE,
    "programme.sources": PROVINCE,
    "programme.change_sources": PROVINCE,
    "instruments.overview": PROVINCE,
    "instruments.check": PROVINCE,
    "instruments.staged": PROVINCE,
    "instruments.publish": PROVINCE,
    "instruments.versions": PROVINCE,
    "instruments.use": PROVINCE,
    "instruments.version": PROVINCE,
    "instruments.preview": PROVINCE,
    "instruments.download": PROVINCE,
    "class_screens.listing": PROVINCE,
    "raters.listing": PROVINCE,
    "documents.listing": PROVINCE,
    "documents.request_print": PROVINCE,
    "documents.archive": PROVINCE,
    "documents.document": PROVINCE,
    "paper.form": PROVINCE,
    "paper.send": PROVINCE,
    "planning.page": PROVINCE,
    "planning.change": PROVINCE,
    "planning.propose": PROVINCE,
    "planning.accept": PROVINCE,
    "planning.sheet": PROVINCE,
    "printing.page": PROVINCE,
    "printing.send": PROVINCE,
    "printing.seal": PROVINCE,
    "weights.overview": PROVINCE,
    "weights.edit": PROVINCE,
    "weights.preview": PROVINCE,
    "weights.send": PROVINCE,
    "weights.compare": PROVINCE,
    "weights.download": PROVINCE,
    "weights.decide": PROVINCE,
}


WITHOUT_TOKEN = {"trainee.submit", "tokens.sign", "openrosa.submit"}
"""Posts of trainees, who have no session that a foreign page could abuse, and of ODK Collect, which
has none either."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory):
    made = build(tmp_path_factory.mktemp("site") / "home", whole=True)
    yield made
    made.engine.dispose()


def test_every_route_has_its_rule(site: Site) -> None:
    views = {k: v for k, v in site.app.view_functions.items() if k != "static"}
    assert {name: getattr(view, "access", None) for name, view in views.items()} == ACCESS


def addresses(site: Site):
    for rule in site.app.url_map.iter_rules():
        values = {"code": "C1", "session": "S1", "job": "none", "kind": "c", "number": "1" * 20}
        values["sha256"] = "0" * 64
        values["staged"] = f"{'0' * 64}.xlsx"
        values |= {"instrument": "institution_record", "target": "P1", "id": "0" * 32}
        values |= {"secret": "none", "scorecard": "A", "version": "1.0"}
        values |= {
            "edition": "now",
            "name": "bulletin.html",
            "cycle": "2021",
            "part": "00",
            "key": "0" * 16,
        }
        values["scope"] = "class"
        if rule.endpoint != "static":
            with site.app.test_request_context():
                path = rule.build({n: values[n] for n in rule.arguments})[1]
            for method in sorted(rule.methods & {"GET", "POST"}):
                yield rule.endpoint, method, path


def test_strangers_are_sent_to_the_sign_in_page(site: Site) -> None:
    site.app.config["WTF_CSRF_ENABLED"] = False
    try:
        for endpoint, method, path in addresses(site):
            if ACCESS[endpoint] not in (PUBLIC, KEY):
                reply = site.visitor().open(path, method=method)
                assert (reply.status_code, reply.location) == (303, "/login"), path
    finally:
        site.app.config["WTF_CSRF_ENABLED"] = True


def test_without_a_good_key_nobody_is_let_in(site: Site) -> None:
    """Nor is anybody by being signed in."""
    clients = site.visitor(), site.staff("E1").client, site.staff("boss").client
    shut = [(method, path) for end, method, path in addresses(site) if ACCESS[end] == KEY]
    assert len(shut) == 6
    for client in clients:
        for method, path in shut:
            reply = client.open(path, method=method)
            assert reply.status_code == 403 and "密钥无效" in reply.text, path


@pytest.mark.parametrize(
    ("login", "other"),
    [
        ("E1", PROVINCE),
        ("boss", EXPERT),
        ("boss", REPORTER),
        *((login, INSTITUTION) for login in ("boss", "E1", "140105", "X1", "J1")),
        *((login, other) for login in ("I1", "140105", "X1", "J1") for other in (PROVINCE, EXPERT)),
    ],
)
def test_one_role_does_not_open_the_other_s_pages(site: Site, login: str, other: str) -> None:
    staff = site.staff(login)
    for endpoint, method, path in addresses(site):
        if ACCESS[endpoint] == other:
            reply = staff.post(path) if method == "POST" else staff.get(path)
            assert reply.status_code == 403, path


def test_every_post_needs_a_token(site: Site) -> None:
    staff = site.staff("boss")
    for endpoint, method, path in addresses(site):
        if method == "POST" and endpoint not in WITHOUT_TOKEN:
            assert staff.client.post(path, data={}).status_code == 400, path


def test_every_reply_is_protected(site: Site) -> None:
    for path in ("/login", "/c/C1", "/nowhere", "/static/site.css"):
        with site.visitor().get(path) as reply:
            headers = reply.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_foreign_host_names_are_refused(site: Site) -> None:
    reply = site.visitor().get("/login", headers={"Host": "evil.example"})
    assert reply.status_code == 400
    assert "不是本站的网址" in reply.text


@pytest.mark.parametrize("host", ["pingjia.example.cn", "PINGJIA.Example.CN:8443", "LocalHost"])
@pytest.mark.parametrize("configured", ["https://Pingjia.example.cn", "HTTPS://PINGJIA.EXAMPLE.CN"])
def test_letters_of_host_names_have_no_case(tmp_path, configured: str, host: str) -> None:
    site = build(tmp_path / "home", base_url=configured)
    reply = site.visitor().get("/login", headers={"Host": host})
    assert reply.status_code == 200
    assert "Secure" in reply.headers["Set-Cookie"]
    site.engine.dispose()

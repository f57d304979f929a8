"""Guessing passwords: as slow at once as in turn, the same for unknown logins, no address kept."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from site_for_tests import PASSWORD, Site, hidden
from survey_app import clock, db
from survey_app.errors import Refused
from survey_app.models import AttemptRow
from survey_app.services import accounts, attempts

pytest_plugins = ("site_fixtures",)

GUESSES = 16
FREE, FREE_OF_NETWORK = 3, 30


@pytest.fixture
def moment(monkeypatch):
    """The clock stands still until a test moves it."""
    now = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: now[0])

    def later(seconds: int) -> None:
        now[0] += timedelta(seconds=seconds)

    return later


def attempt(site: Site, login: str, password: str, address: str = "203.0.113.77"):
    """One browser's attempt to sign in from ``address``."""
    client = site.visitor()
    token = hidden(client.get("/login").text, "csrf_token")
    data = {"login": login, "password": password, "csrf_token": token}
    return client.post("/login", data=data, environ_overrides={"REMOTE_ADDR": address})


def count(site: Site, login: str, address: str) -> bool:
    """Whether one more attempt is let through."""
    tried = attempts.attempt_at(login, address=address, key=b"k")
    try:
        with db.transaction(site.engine) as session:
            attempts.count_attempt(session, tried, now=clock.seconds())
    except Refused:
        return False
    return True


@pytest.fixture
def checked(monkeypatch) -> list[str]:
    """Passwords that have been compared with a stored one."""
    seen: list[str] = []
    verify = PasswordHasher.verify

    def noted(hasher: PasswordHasher, hashed: str, password: str) -> bool:
        seen.append(password)
        return verify(hasher, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    return seen


@pytest.mark.parametrize("login", ["boss", "nobody"])
def test_guesses_sent_at_once_are_no_faster_than_in_turn(
    site: Site, moment, checked: list[str], login: str
) -> None:
    guesses = [f"guess-{number}" for number in range(GUESSES)]
    with ThreadPoolExecutor(GUESSES) as pool:
        replies = pool.map(lambda guess: attempt(site, login, guess).status_code, guesses)
        assert Counter(replies) == {401: FREE, 429: GUESSES - FREE}
    assert len(checked) == FREE and set(checked) <= set(guesses)


@pytest.mark.parametrize("login", ["boss", "nobody"])
def test_attempts_in_vain_cost_growing_delays(site: Site, moment, login: str) -> None:
    assert [attempt(site, login, "wrong").status_code for _ in range(4)] == [401, 401, 401, 429]
    refused = attempt(site, login, PASSWORD)  # even the right one waits
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
    assert "请5秒后再试" in refused.text
    moment(6)
    assert attempt(site, login, "wrong").status_code == 401
    moment(6)
    assert attempt(site, login, PASSWORD).headers["Retry-After"] == "4"


def test_the_right_password_starts_afresh(site: Site, moment) -> None:
    for _ in range(2):
        replies = [attempt(site, "boss", text).status_code for text in ("x", "x", PASSWORD)]
        assert replies == [401, 401, 303]


def test_changing_the_password_is_guessing_too(site: Site, moment) -> None:
    boss = site.staff("boss")
    new = {"new": "a-longer-password", "again": "a-longer-password"}
    replies = [boss.post("/password", old="x", **new).status_code for _ in range(4)]
    assert replies == [422, 422, 422, 429]
    late = boss.post("/password", old=PASSWORD, **new)
    assert (late.status_code, late.headers["Retry-After"]) == (429, "5")
    moment(6)
    assert boss.post("/password", old=PASSWORD, **new).status_code == 303


def test_an_unknown_login_takes_as_long(site: Site) -> None:
    """Work is measured, not the clock on the wall: another process must not decide this test."""

    def work(login: str) -> float:
        begun = time.process_time()
        with db.look(site.engine) as session:
            assert not accounts.check_password(session, login=login, password="wrong")
        return time.process_time() - begun

    known, unknown = (min(work(login) for _ in range(5)) for login in ("boss", "nobody"))
    assert known / 2 < unknown < known * 2


def test_two_at_once_count_two_though_no_lock_keeps_them_apart(site: Site) -> None:
    """The store's rows decide, also where writers share its lock as those do who bring answers."""
    sharing, ready = site.engine.execution_options(access="sharing"), Barrier(2)

    def vainly(login: str) -> None:
        tried = attempts.attempt_at(login, address="203.0.113.1", key=b"k")
        ready.wait()
        with db.transaction(sharing) as session:
            attempts.count_attempt(session, tried, now=clock.seconds())

    logins = [f"E{number // 2}" for number in range(20)]  # each tried twice, never a third time
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(vainly, logins))
    with db.look(site.engine) as session:
        counts = Counter(session.scalars(select(AttemptRow.count)))
    assert counts == {2: 10, 20: 1}  # ten logins, one network


def test_one_network_may_not_try_many_logins(site: Site, moment) -> None:
    tried = [count(site, f"E{n}", f"203.0.113.{n}") for n in range(FREE_OF_NETWORK + 1)]
    assert tried == [True] * FREE_OF_NETWORK + [False]
    assert count(site, "E99", "198.51.100.1")
    moment(6)
    assert count(site, "E98", "203.0.113.200")


def test_many_at_once_do_not_wait_for_one_another(site: Site, moment) -> None:
    """Who waits for the lock has read the clock before those who had it."""
    assert count(site, "E1", "203.0.113.1")
    moment(-1)
    assert count(site, "E2", "203.0.113.1")


def test_colleagues_on_one_network_who_sign_in_do_not_slow_it_down(site: Site, moment) -> None:
    for number in range(2 * FREE_OF_NETWORK):
        assert count(site, f"E{number}", "2001:db8:1:2::3")
        fitting = attempts.attempt_at(f"E{number}", address="2001:db8:1::9", key=b"k")
        with db.transaction(site.engine) as session:
            attempts.forgive_attempt(session, fitting)


def test_attempts_are_forgotten_after_a_day(site: Site, moment) -> None:
    assert [count(site, "boss", "203.0.113.1") for _ in range(4)] == [True] * 3 + [False]
    moment(attempts.KEPT_SECONDS + 6)
    assert [count(site, "boss", "203.0.113.1") for _ in range(3)] == [True] * 3


def test_a_proxy_that_is_declared_names_the_network(site: Site, moment) -> None:
    config = site.home / "config.toml"
    assert "proxies = 0" in config.read_text(encoding="utf-8")
    forged = {"X-Forwarded-For": "198.51.100.1, 203.0.113.5"}
    for proxies, named in ((0, "127.0.0.1"), (1, "203.0.113.5"), (2, "198.51.100.1")):
        assert remote_address(site.home, proxies, forged) == named


def remote_address(home, proxies: int, headers: dict[str, str]) -> str:
    """The address that a site behind so many proxies takes a request to come from."""
    from flask import request

    from survey_app import create_app

    config = home / "config.toml"
    lines = config.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("proxies")]
    config.write_text("\n".join([*kept, f"proxies = {proxies}"]), encoding="utf-8")
    app = create_app(home)
    app.add_url_rule("/who", view_func=lambda: str(request.remote_addr))
    with app.test_client() as client:
        seen = client.get("/who", headers=headers).text
    app.extensions["engine"].dispose()
    return seen


@pytest.mark.sqlite
def test_no_file_holds_or_leads_back_to_an_address(site: Site, moment) -> None:
    attempt(site, "boss", "wrong")
    attempt(site, "hunter2", "wrong")  # people do type a password into the wrong field
    files = [path.read_bytes() for path in site.home.rglob("*") if path.is_file()]
    for secret in (b"203.0.113", b"hunter2", attempts._NETWORK_KEY):
        assert not any(secret in content for content in files)
        assert not any(secret.hex().encode() in content for content in files)
    keys = [site.settings.secret(p.name) for p in (site.home / "secrets").iterdir()]
    kept = attempts.attempt_at("boss", address="203.0.113.77", key=keys[0]).network
    assert any(kept.encode() in content for content in files)
    for key in keys:
        assert kept != attempts._digest(key, "203.0.113.0/24")

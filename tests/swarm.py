"""Many phones at once that send by HTTP and send again until they are told that it is taken."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock, Thread
from time import sleep
from urllib.parse import urlencode, urlsplit

from site_for_tests import Site, full, own_fields
from survey_app import db
from survey_app.services.tickets import issue_tickets

FORM = "/c/C1/form"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
PATIENCE = 0.05
"""Seconds after which a phone that got no reply tries again."""


@dataclass(frozen=True)
class Answer:
    """One answer as a phone sends it, time and again the same."""

    id: str
    words: str
    body: bytes


def answers(site: Site, count: int) -> list[Answer]:
    """So many answers about class C1, each with a slip and words of its own."""
    key = site.settings.secret("ticket")
    with db.transaction(site.engine) as session:
        tickets = issue_tickets(session, key=key, target="class:C1", count=count)
    page = own_fields(site.visitor().get(FORM).text) | full(site) | {"confirmed": "1"}
    made = []
    for number, ticket in enumerate(tickets):
        own, words = secrets.token_hex(16), f"第{number}份"
        form = page | {"response": own, "nonce": own[::-1], "ticket": ticket, "comment": words}
        made.append(Answer(own, words, urlencode(form).encode()))
    return made


@dataclass
class Swarm:
    """Phones that take answers from one pile; ``taken`` are those that got a receipt."""

    address: str
    pile: list[Answer]
    taken: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)
    again: int = 0
    told: Callable[[str], None] = lambda _id: None
    """Called in the moment in which a phone learns that its answer is taken."""
    stop: Event = field(default_factory=Event)
    abandoned: Event = field(default_factory=Event)
    """Set when the proof has failed: nobody will ever answer."""
    _lock: Lock = field(default_factory=Lock)

    def run(self, phones: int) -> None:
        """Send until the pile is empty or ``stop`` is set; what is begun is brought to its end."""
        with ThreadPoolExecutor(phones) as pool:
            for one in [pool.submit(self._phone) for _ in range(phones)]:
                one.result()

    @contextmanager
    def sending(self, phones: int) -> Iterator[None]:
        """Let so many phones send meanwhile; at the end what is begun is brought to its end."""
        running = Thread(target=self.run, args=(phones,))
        running.start()
        try:
            yield
        except BaseException:
            self.abandoned.set()
            raise
        finally:
            self.stop.set()
            running.join()

    def _phone(self) -> None:
        while not self.stop.is_set():
            with self._lock:
                answer = self.pile.pop() if self.pile else None
            if answer is None:
                return
            self._bring(answer)

    def _bring(self, answer: Answer) -> None:
        while not self.abandoned.is_set():
            status, place = self._post(answer.body)
            if status == 303:
                self.told(answer.id)
                with self._lock:
                    self.taken[answer.id] = place
                return
            if status not in (0, 503):
                self.refused.append((status, answer.id))
                return
            with self._lock:
                self.again += 1
            sleep(PATIENCE)

    def _post(self, body: bytes) -> tuple[int, str]:
        """Status and place of the receipt; 0 when nobody answered."""
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        try:
            connection.request("POST", FORM, body, HEADERS)
            reply = connection.getresponse()
            reply.read()
            return reply.status, reply.headers.get("Location", "")
        except (OSError, HTTPException):
            return 0, ""
        finally:
            connection.close()


def words_of(answers: Sequence[Answer]) -> dict[str, str]:
    """What each answer says, by id."""
    return {one.id: one.words for one in answers}

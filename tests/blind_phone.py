"""A phone in Python: blinds, unblinds and answers with a token, as static/token.js does."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from site_for_tests import Site, Staff, filled
from survey_app import db
from survey_app.blind_rsa import PREFIX, SALT, PublicKey
from survey_app.services.tokens import RANDOM
from survey_app.services.windows import the_window

UNTIL = "2099-12-31"


@dataclass(frozen=True)
class Blinded:
    """What a phone keeps (message and blinding factor), and what it sends."""

    public: PublicKey
    message: bytes
    factor: int
    sent: bytes

    def token(self, signature: str) -> str:
        """The token that comes of the signature of what was sent."""
        inverse = pow(self.factor, -1, self.public.modulus)
        number = int(signature, 16) * inverse % self.public.modulus
        return f"{self.message.hex()}.{number.to_bytes(self.public.size, 'big').hex()}"


def blind(public: PublicKey) -> Blinded:
    """A fresh token, blinded (RFC 9474, sections 4.1 and 4.2)."""
    message = secrets.token_bytes(PREFIX + RANDOM)
    number = int.from_bytes(encoded(message, public.modulus.bit_length() - 1), "big")
    factor = secrets.randbelow(public.modulus - 2) + 2
    sent = number * pow(factor, public.exponent, public.modulus) % public.modulus
    return Blinded(public, message, factor, sent.to_bytes(public.size, "big"))


def encoded(message: bytes, bits: int) -> bytes:
    """EMSA-PSS with SHA-384 (RFC 8017, section 9.1.1)."""
    size, salt = (bits + 7) // 8, secrets.token_bytes(SALT)
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = (b"\1" + salt).rjust(size - len(digest) - 1, b"\0")
    counts = range(len(block) // len(digest) + 1)
    mask = b"".join(hashlib.sha384(digest + n.to_bytes(4, "big")).digest() for n in counts)
    covered = bytearray(a ^ b for a, b in zip(block, mask, strict=False))
    covered[0] &= 255 >> (8 * size - bits)
    return bytes(covered) + digest + b"\xbc"


def members(count: int = 5) -> list[tuple[str, str]]:
    """Names and last four digits of so many trainees."""
    return [(f"学员{place}", f"{place:04d}") for place in range(count)]


def listed(boss: Staff, people: list[tuple[str, str]], *, until: str = UNTIL, where="class/C1"):
    """The province pastes a roster."""
    text = "\n".join("\t".join(person) for person in people)
    return boss.post(f"/province/rosters/{where}", do="list", members=text, until=until)


def public_of(site: Site, target: str = "class:C1") -> PublicKey:
    """The key that phones are told."""
    with db.look(site.engine) as session:
        return the_window(session, target).public


def ask(site: Site, person: tuple[str, str], sent: bytes | str, place: str = "/c/C1", **wsgi: str):
    """A phone asks for a signature."""
    hexadecimal = sent if isinstance(sent, str) else sent.hex()
    form = {"name": person[0], "secret": person[1], "blinded": hexadecimal}
    return site.visitor().post(f"{place}/token", data=form, environ_overrides=wsgi)


def fetch(site: Site, person: tuple[str, str], place: str = "/c/C1") -> str:
    """A phone fetches a token."""
    made = blind(public_of(site, f"{ {'c': 'class', 'f': 'followup'}[place[1]] }:{place[3:]}"))
    reply = ask(site, person, made.sent, place)
    assert reply.status_code == 200, reply.text
    return made.token(reply.json["signature"])


def closed(boss: Staff, where: str = "class/C1") -> None:
    """The province ends the giving out."""
    assert boss.post(f"/province/rosters/{where}", do="close").status_code == 303


def token_form(site: Site, token: str, place: str = "/c/C1", **changes: str) -> dict[str, str]:
    """A whole answer by a token, as its page sends it."""
    page = site.visitor().get(f"{place}/form?by=token")
    assert page.status_code == 200, page.text
    form = filled(site, page.text, "", **changes)
    del form["ticket"]
    return form | {"by": "token", "held": token}

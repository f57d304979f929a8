"""Self-made codes 自编代码: of what was typed a keyed digest alone is kept, apart from the answers.

The digest pairs the two answers of a person who gave the same code in both waves. Its key is in no
backup and no extract, and a new one takes its place when the follow-up closes: after that nobody,
the site included, can try codes against the digests.
"""

from __future__ import annotations

import hmac
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from instruments.self_code import normalised_code, self_code
from survey_app.models import ResponseRow

PREFIX = "self_code-"
"""Before the name of a part in the name of its field."""
KEY = "pairing"
"""Name of the secret."""


def read_code_parts(sent: Mapping[str, str]) -> dict[str, str]:
    """Part → what a page sent for it."""
    return {part.name: sent.get(f"{PREFIX}{part.name}", "") for part in self_code().parts}


def pairing_of(
    sent: Mapping[str, str], instrument: Instrument, *, key: Callable[[], bytes], class_code: str
) -> str:
    """The digest of the code that a page sent; '' without one, or where the form asks for none."""
    code = normalised_code(read_code_parts(sent)) if instrument.self_code else ""
    if not code:
        return ""
    return hmac.digest(key(), json.dumps([class_code, code]).encode(), "sha256").hex()


def matched_pairs(
    db: Session, instruments: Sequence[Instrument], *, classes: Collection[str], least: int
) -> dict[str, str]:
    """Response → number of its pair: where one answer at the end and one at the follow-up, and no
    further one of the class, have the same code. A class with fewer than ``least`` pairs has none.

    Numbers follow the order of the digests, which tells nothing without their key.
    """
    waves = {i.code: i.wave for i in instruments if i.self_code}
    query = select(ResponseRow).where(ResponseRow.pairing != "", ResponseRow.instrument.in_(waves))
    found: dict[tuple[str, str], list[ResponseRow]] = defaultdict(list)
    for row in db.scalars(query):
        if row.class_code in classes:
            found[row.pairing, row.class_code].append(row)
    pairs = [
        (key, rows)
        for key, rows in sorted(found.items())
        if sorted(waves[row.instrument] for row in rows) == ["end", "followup"]
    ]
    sizes = Counter(class_code for (_, class_code), _ in pairs)
    kept = [rows for (_, class_code), rows in pairs if sizes[class_code] >= least]
    return {row.id: f"T{n:05d}" for n, rows in enumerate(kept, 1) for row in rows}

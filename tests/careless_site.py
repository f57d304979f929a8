"""The site as it must not be: it acknowledges what is not yet on disk. For the tests' own check."""

from __future__ import annotations

from survey_app import cli
from survey_app.stores import lite, postgres

if __name__ == "__main__":
    lite._PRAGMAS = tuple(p.replace("synchronous=FULL", "synchronous=OFF") for p in lite._PRAGMAS)
    postgres._SESSION = postgres._SESSION.replace("synchronous_commit=on", "synchronous_commit=off")
    cli.main()

"""The instance folder: made whole or not at all, and open to its owner only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from instruments.arrival import arriving_folder
from instruments.faults import Place, refuse
from survey_app.config import (
    CONFIG,
    SECRET_BYTES,
    SECRETS,
    Settings,
    check_secrets,
    first_config,
    load_settings,
    read_config,
)

FOLDERS = ("secrets", "evidence", "imports", "extracts", "results", "bulletins", "meetings")


def instance_home() -> Path:
    """The folder that GUOPEI_HOME names, else ./instance."""
    return Path(os.environ.get("GUOPEI_HOME") or "instance").resolve()


def keep_private() -> None:
    """From now on nobody but the owner may read what this process and its children write."""
    os.umask(0o077)


@contextmanager
def instance(home: Path, *, title: str, base_url: str, database: str = "") -> Iterator[Settings]:
    """The settings of the instance at ``home``, which is made when the block ends well.

    An instance that is there already is mended: folders and secrets that are missing are made
    anew; what is there stays. Raises FaultsFound: a fault of the settings, a file or foreign
    data at ``home``.
    """
    if (home / CONFIG).exists():
        settings = read_config(home)
        _fill(home)
        check_secrets(settings)
        yield settings
        return
    config = first_config(title=title, base_url=base_url, database=database)
    with arriving_folder(home, check=_check_free) as fresh:
        _fill(fresh)
        (fresh / CONFIG).write_text(config, encoding="utf-8")
        yield load_settings(fresh)


def lost_secrets(home: Path) -> list[str]:
    """Secrets that an instance should have and has not."""
    known = (home / CONFIG).exists()
    return [name for name in SECRETS if known and not (home / "secrets" / name).exists()]


def _fill(home: Path) -> None:
    home.chmod(0o700)
    for folder in FOLDERS:
        (home / folder).mkdir(mode=0o700, exist_ok=True)
    for name in SECRETS:
        if not (home / "secrets" / name).exists():
            renew_secret(home, name)


def write_whole(path: Path, text: str) -> None:
    """Write a private file in one step: a process that dies leaves what was there before, never
    half of the new."""
    fresh = path.with_name(f".{path.name}")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def renew_secret(home: Path, name: str) -> None:
    """Make a key, in the place of a former one if there is any: what that one has made stays as it
    is, and nobody can make it again."""
    write_whole(home / "secrets" / name, secrets.token_hex(SECRET_BYTES))


def _check_free(home: Path) -> None:
    if home.exists() and not home.is_dir():
        raise refuse("site.home_is_file", Place(file=str(home)))
    entry = next((path.name for path in sorted(home.iterdir())), "") if home.exists() else ""
    if entry:
        raise refuse("site.home_foreign", Place(file=str(home)), entry=entry)

"""Extracts and published results, opened where they lie: in folders or in a zip."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.results import Results
from instruments.extract import Extract, read_extract, unpack_extract
from reports.folder import read_results


@contextmanager
def opened_extract(path: Path) -> Iterator[Extract]:
    """The extract in a folder, or in a zip that is unpacked for as long as it is used."""
    if path.is_dir():
        yield read_extract(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        unpack_extract(path, Path(folder) / "extract")
        yield read_extract(Path(folder) / "extract")


def published_folder(place: Path) -> Results:
    """What was published before: the results of a folder that holds ``results``, and ``extract``
    or ``extract.zip``.

    Raises FaultsFound as ``read_results`` and ``read_extract`` do.
    """
    extract = place / "extract"
    with opened_extract(extract if extract.is_dir() else place / "extract.zip") as source:
        return read_results(place / "results", source)

"""The foreign table, assessed once for all tests that only read what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from foreign_table import OPTIONS, ratings, run

from reports.commands import OK


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assess")
    ratings().to_csv(folder / "评分.csv", index=False, encoding="gb18030")
    result = run(
        "assess", folder / "评分.csv", *OPTIONS, "--title", "样表", "--out", folder / "out"
    )
    assert result.exit_code == OK, result.output
    return folder / "out"

"""The training set: complete, bound to its rubric, and every fault of another one is named."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
import yaml

from instruments.builtin import instrument_sources, load_instruments
from instruments.faults import FaultsFound
from instruments.rater_care import rater_care, read_rater_care
from instruments.training import (
    TrainingSet,
    dimensions,
    levels_of,
    rated_part,
    read_training,
    training_source,
)

FORMS = load_instruments(instrument_sources())
RUBRIC = next(form for form in FORMS if form.code == "expert_rubric")
DIMENSIONS = ("e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8a", "e8b")


def plain() -> dict[str, Any]:
    """The built-in set as plain data, to be bent."""
    found: dict[str, Any] = yaml.safe_load(training_source())
    return found


def read(bent: dict[str, Any]) -> TrainingSet:
    return read_training(yaml.safe_dump(bent, allow_unicode=True).encode(), "场次.yaml", FORMS)


def codes(bent: dict[str, Any]) -> list[str]:
    with pytest.raises(FaultsFound) as refused:
        read(bent)
    assert all("场次.yaml" in str(fault) for fault in refused.value.faults)
    return [fault.code for fault in refused.value.faults]


def test_every_level_of_every_dimension_is_described() -> None:
    found = read(plain())
    assert len(found.sessions) >= 8
    seen: dict[str, list[str]] = defaultdict(list)
    for session in found.sessions:
        assert 150 <= len(session.text) <= 300, session.code
        assert tuple(session.levels) == DIMENSIONS
        for name, level in session.levels.items():
            seen[name].append(level)
    for item in dimensions(RUBRIC):
        assert set(seen[item.name]) == set(levels_of(item)), item.name


def test_no_session_has_the_same_level_throughout() -> None:
    """Else a general impression would do, and no dimension would be told from another."""
    assert all(len(set(session.levels.values())) >= 3 for session in read(plain()).sessions)


def test_it_says_whose_proposal_it_is() -> None:
    found = read(plain())
    assert "样例" in found.title and "培训" in found.title
    assert "本项目" in found.source and "建议" in found.source


def test_what_is_rated_of_a_description_is_the_dimensions_alone() -> None:
    assert tuple(item.name for item in dimensions(RUBRIC)) == DIMENSIONS
    part = rated_part(RUBRIC)
    assert [item.name for item in part.items] == list(DIMENSIONS)
    assert part.items == dimensions(RUBRIC) and part.scored == set(DIMENSIONS)
    assert not part.written


@pytest.mark.parametrize(
    ("bend", "code"),
    [
        (lambda s: s.update(instrument="trainee_core"), "training.instrument"),
        (lambda s: s.update(instrument="nothing"), "training.instrument"),
        (lambda s: s.update(instrument_version="0.9"), "training.version"),
        (lambda s: s.update(sessions=[]), "training.no_session"),
        (lambda s: s["sessions"][1].update(code="T01"), "training.code"),
        (lambda s: s["sessions"][0].update(code="../x"), "training.code"),
        (lambda s: s["sessions"][0].update(text=" "), "training.empty"),
        (lambda s: s["sessions"][0]["references"][0].update(reason=""), "training.empty"),
        (lambda s: s["sessions"][0]["references"].pop(), "training.missing"),
        (lambda s: s["sessions"][0]["references"][0].update(level="5"), "training.level"),
        (lambda s: s["sessions"][0]["references"][0].update(level="unseen"), "training.level"),
        (lambda s: s.update(extra="x"), "declaration.unknown_key"),
        (lambda s: s.pop("source"), "declaration.missing_key"),
        (lambda s: s["sessions"][0]["references"][0].update(level=2), "declaration.wrong_type"),
    ],
)
def test_a_bent_set_is_refused_by_name(bend: Any, code: str) -> None:
    bent = plain()
    bend(bent)
    assert code in codes(bent)


def test_all_faults_are_told_at_once() -> None:
    bent = plain()
    first = bent["sessions"][0]["references"]
    first[0]["dimension"], first[1]["dimension"] = "e99", "e3"
    assert codes(bent) == [
        "training.dimension",
        "training.twice",
        "training.missing",
        "training.missing",
    ]


def test_choices_of_rater_care_are_read_strictly() -> None:
    choice = rater_care()
    assert choice.source and choice.least.shared_visits <= choice.least.shared_sessions
    plain_choice = {"level": 2, "weights": "cubic", "source": "", "least": {}, "talk": {}}
    with pytest.raises(FaultsFound) as refused:
        read_rater_care(yaml.safe_dump(plain_choice).encode(), "x.yaml")
    found = {fault.code for fault in refused.value.faults}
    assert found == {
        "declaration.out_of_range",
        "declaration.unknown_choice",
        "declaration.missing_key",
    }

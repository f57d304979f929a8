"""Hard rules on bands: what they are judged by, whose band they hold, what is only told."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.pipeline import score
from analysis.pipeline.gating import gating_frames
from instruments.builtin import (
    framework_sources,
    instrument_sources,
    load_instruments,
    plan_source,
)
from instruments.faults import FaultsFound
from instruments.fit import check_fit
from instruments.framework import read_framework
from instruments.methods import GateRule
from instruments.plan import read_plan
from instruments.tables import CHECKS
from localities_sample import COUNTIES, INSTRUMENTS, LOCAL, local_extract
from province import FRAMEWORK, FolderExtract, default_plan, shaped

FULL = dict.fromkeys(COUNTIES, 4) | {"140100": 4, "140200": 4}
SAY = dict.fromkeys(COUNTIES, "5")
MET = GateRule("R14", "每季开会", "N3.1", "B1.1.1", 100.0, "fair", ("B-county", "B-city"))
PARTS = replace(MET, rule="R15", indicator="B4.1.2", scorecards=("B-county", "B-city"))
KEYS = ["scorecard", "group", "unit"]


def plan_with(*gates: GateRule):
    return default_plan(gates=gates, composite__minimum_points=60.0)


def extract_of(folder, *, checked: tuple[str, ...] = (), **meetings: int | None) -> FolderExtract:
    given = FULL | {unit.removeprefix("u"): number for unit, number in meetings.items()}
    made = local_extract(folder, meetings=given, school=SAY, spent=(100.0, 100.0))
    rows = [{"response": f"L{u}", "item": "meetings", "state": "confirmed"} for u in checked]
    return made.change("checks", shaped(rows, CHECKS))


def gates_of(results, card: str = "B-county") -> pd.DataFrame:
    rows = results.gates[results.gates["scorecard"] == card]
    return rows.set_index(["unit", "rule"])


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """140106 met three times and says so itself; 140107 four times, and somebody looked."""
    extract = extract_of(tmp_path_factory.mktemp("gates"), checked=("140107",), u140106=3)
    return score(extract, plan_with(MET))


def test_a_rule_not_kept_by_the_unit_s_own_word_caps_the_band(results) -> None:
    row = gates_of(results).loc[("140106", "R14")]
    assert (row["verdict"], row["basis"], row["holds"]) == ("failed", "reported", True)
    unit = results.units.set_index(["scorecard", "unit"]).loc[("B-county", "140106")]
    # (40 points of 87.5 + 30 of 91.67) over 70: good by its score
    assert unit["score"] == pytest.approx((40 * 87.5 + 30 * (2000 + 750) / 30) / 70)
    assert unit["band"] == "中"
    assert unit["note"].endswith("硬规则未通过（R14每季开会），等次封顶为中")
    claim = results.band_claims.set_index(["scorecard", "unit"]).loc[("B-county", "140106")]
    assert (claim["scored"], claim["band"], claim["assured"]) == ("good", "fair", "fair")


def test_probabilities_above_the_cap_fall_to_it(results) -> None:
    rows = results.bands[results.bands["unit"] == "140106"].set_index("band")["probability"]
    assert rows[["excellent", "good"]].tolist() == [0.0, 0.0]
    assert rows.sum() == pytest.approx(1.0)
    assert results.bands.groupby(KEYS)["probability"].sum().to_numpy() == pytest.approx(1.0)


def test_only_what_was_looked_at_is_passed_and_the_rest_is_told(results) -> None:
    found = gates_of(results)
    assert found.loc[("140107", "R14"), "verdict"] == "passed"
    assert found.loc[("140107", "R14"), "basis"] == "checked"
    others = found.loc[["140212", "140213"]]
    assert set(others["verdict"]) == {"unverified"} and not others["holds"].any()
    bands = results.units[results.units["unit"].isin(["140212", "140213"])]["band"]
    assert not bands.str.startswith("中").any()


@pytest.mark.parametrize(
    ("state", "verdict", "basis"),
    [
        ("withheld", "failed", "withheld"),
        ("not_collected", "unverified", "none"),
        ("not_due", "unverified", "none"),
    ],
)
def test_who_withholds_is_no_better_off(tmp_path, state: str, verdict: str, basis: str) -> None:
    meetings = {unit: number for unit, number in FULL.items() if unit != "140106"}
    duty = {"instrument": "locality_form", "target": "140106", "unit": "140106"}
    duties = [duty | {"state": state, "reminders": 2}]
    extract = local_extract(tmp_path, meetings=meetings, school=SAY, duties=duties)
    plan = default_plan(gates=(MET,), composite__minimum_points=10.0)
    row = gates_of(score(extract, plan)).loc[("140106", "R14")]
    assert (row["verdict"], row["basis"]) == (verdict, basis)


def test_a_unit_with_parts_has_the_worst_of_their_verdicts(tmp_path) -> None:
    """B4.1.2 is the counties'; it does not apply to 140213."""
    everyone = ("140106", "140107", "140212", "140213")
    extract = extract_of(tmp_path, checked=everyone, u140106=3)
    found = score(extract, plan_with(PARTS))
    counties = gates_of(found)["verdict"].droplevel("rule")
    assert counties.to_dict() == {
        "140106": "failed", "140107": "passed", "140212": "passed", "140213": "not_applicable"
    }  # fmt: skip
    cities = gates_of(found, "B-city")
    assert cities["verdict"].tolist() == ["failed", "passed"]
    assert set(cities["basis"]) == {"parts"}


def test_scores_and_ranks_do_not_change(tmp_path, results) -> None:
    extract = extract_of(tmp_path, checked=("140107",), u140106=3)
    free = score(extract, plan_with())
    assert free.gates.empty
    same = ["score", "score_se", "rank", "rank_low", "rank_high", "letters", "ranked"]
    pd.testing.assert_frame_equal(free.units[same], results.units[same])
    claims = free.band_claims
    assert (claims["scored"] == claims["band"]).all()
    codes = [band.code for band in plan_with().bands]
    place = claims[["band", "assured"]].map(codes.index)
    assert (place["assured"] >= place["band"]).all()
    assert (claims["probability"] >= plan_with().band_probability - 1e-9).all()
    assert len(claims) == free.units["ranked"].sum()


def test_row_order_changes_nothing(results) -> None:
    plan = plan_with(MET)
    names = ("units", "indicators", "fields", "bands")
    frames = {name: getattr(results, name) for name in names}
    frames["units"] = frames["units"].assign(note=None)
    turned = {name: frame.iloc[::-1] for name, frame in frames.items()}
    one, other = (gating_frames(made, plan, frameworks=(LOCAL,)) for made in (frames, turned))
    for name in ("gates", "band_claims", "units"):
        keys = [*KEYS, "rule"] if name == "gates" else KEYS
        first, again = (made[name].sort_values(keys, ignore_index=True) for made in (one, other))
        pd.testing.assert_frame_equal(first, again, check_exact=True, obj=name)


def test_assured_is_where_nine_tenths_of_the_chance_lies(results) -> None:
    """By hand: 0.6 excellent, 0.35 good: excellent is printed, good may be claimed at 0.9."""
    row = results.units[results.units["unit"] == "140107"].assign(score=91.0, note=None)
    chance = dict(zip(("excellent", "good", "fair", "poor"), (0.6, 0.35, 0.05, 0.0), strict=True))
    bands = pd.DataFrame({"band": list(chance), "probability": list(chance.values())})
    bands = bands.assign(**row[KEYS].iloc[0])
    published = {"units": row, "bands": bands, "indicators": None, "fields": None}
    found = gating_frames(published, plan_with(), frameworks=(LOCAL,))["band_claims"].iloc[0]
    assert (found["scored"], found["assured"]) == ("excellent", "good")
    assert found["probability"] == pytest.approx(0.95)


GATE = (
    "{rule: R8, title: 单一申报, clause: N2.2, indicator: A4.1.1, least: 100, highest: fair,"
    " scorecards: [A-project]}"
)


def with_gates(*gates: str) -> bytes:
    text = plan_source().decode()
    assert "gates: []" in text
    return text.replace("gates: []", f"gates: [{', '.join(gates)}]").encode()


def test_gates_of_a_plan_file_are_read_and_refused() -> None:
    assert read_plan(with_gates(GATE), "x").gates[0].indicator == "A4.1.1"
    bent = GATE.replace("fair", "medium").replace("A-project", "C")
    with pytest.raises(FaultsFound) as refused:
        read_plan(with_gates(GATE, bent, GATE.replace("[A-project]", "[]")), "x")
    codes = [one.code for one in refused.value.faults]
    assert codes.count("declaration.unknown_choice") == 2
    assert codes.count("plan.repeated") == 2
    assert codes.count("plan.gate_nowhere") == 1


def test_the_example_of_the_plan_fits_the_library() -> None:
    """The line that the plan shows as a comment is one that a user may take."""
    line = next(row for row in plan_source().decode().splitlines() if "{rule: R11" in row)
    plan = read_plan(with_gates(line.partition("- ")[2]), "x")
    frameworks = [read_framework(data, name) for name, data in framework_sources().items()]
    used = [one for one in frameworks if one.code in ("A", "B")]
    check_fit(used, plan, load_instruments(instrument_sources()))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"indicator": "B9.9.9"}, "framework.gate_leaf"),
        ({"indicator": "B4.1.1"}, "framework.gate_leaf"),  # schools' answers are no record
        ({"scorecards": ("A-project",)}, "framework.gate_card"),
    ],
)
def test_a_gate_without_a_record_is_refused(changes: dict, code: str) -> None:
    plan = plan_with(replace(MET, **changes))
    with pytest.raises(FaultsFound) as refused:
        check_fit((FRAMEWORK, LOCAL), plan, INSTRUMENTS)
    assert code in [one.code for one in refused.value.faults]

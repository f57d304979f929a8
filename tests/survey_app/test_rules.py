"""Small pure rules: policies, tickets, coarsened traits, answers that count."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app import policies
from survey_app.errors import Refused
from survey_app.models import ResponseRow
from survey_app.services.receipts import is_receipt, receipt
from survey_app.services.tickets import ALPHABET, LENGTH, new_code, read_code
from survey_app.services.traits import coarsen

pytestmark = pytest.mark.once

SEALED = {"已封存", "已评分", "跟踪已封存", "跟踪已评分"}


def issue(state: str, wave: str, *, enrolled: int = 9, issued: int = 0, count: int = 9) -> None:
    policies.check_can_issue(state, wave=wave, enrolled=enrolled, issued=issued, count=count)


def send_back(state: str, role: str, record: str = "已提交", reason: str = "数不对") -> None:
    policies.check_can_return(state, "end", record, role, reason=reason)


STATE_RULES = {
    policies.check_can_import: {"准备", *SEALED},
    policies.check_can_change_sources: {"准备"},
    policies.check_can_assign: {"准备", "开放"},
    lambda state: policies.check_can_assign(state, begun=["示例一班"]): set(),
    lambda state: policies.check_can_plan(state, job_running=False): {"准备", "开放"},
    lambda state: policies.check_can_plan(state, job_running=True): set(),
    policies.check_can_open: {"准备", "已评分"},
    policies.check_can_answer: {"开放"},
    lambda state: policies.check_can_answer(state, "followup"): {"跟踪开放"},
    policies.check_can_close: {"开放", "跟踪开放"},
    policies.check_can_extract: {"关闭", "跟踪关闭"},
    lambda state: policies.check_can_score(state, job_running=False): SEALED,
    lambda state: policies.check_can_preview(state, job_running=False): {"已评分", "跟踪已评分"},
    lambda state: issue(state, "end"): {"开放"},
    lambda state: issue(state, "followup"): {"跟踪开放"},
    lambda state: policies.check_can_fill(state, "end", "草稿"): {"开放"},
    lambda state: policies.check_can_fill(state, "end", "已提交"): set(),
    lambda state: policies.check_can_fill(state, "followup", "已退回"): {"跟踪开放"},
    lambda state: send_back(state, "institution"): {"开放"},
    lambda state: send_back(state, "expert"): set(),
    lambda state: policies.check_can_check(state, "end", "已提交"): {"开放", "关闭"},
    lambda state: policies.check_can_check(state, "end", "草稿"): set(),
    lambda state: policies.check_can_check(state, "followup", "已提交"): {"跟踪开放", "跟踪关闭"},
    lambda state: policies.check_can_declare(state, declaration="", signed=False): {"开放"},
    lambda state: policies.check_can_observe(state, declaration="none", signed=False): {"开放"},
}


@pytest.mark.parametrize("state", policies.STATES)
@pytest.mark.parametrize("check", STATE_RULES)
def test_what_each_state_permits(check, state: str) -> None:
    assert policies.allowed(lambda: check(state)) is (state in STATE_RULES[check])


@pytest.mark.parametrize(
    ("declaration", "signed", "code"),
    [
        ("", False, "site.declare_first"),
        ("conflict", False, "site.recused"),
        ("none", True, "site.visit_signed"),
    ],
)
def test_observing_needs_a_declaration_without_conflict(declaration, signed, code) -> None:
    with pytest.raises(Refused) as refusal:
        policies.check_can_observe("开放", declaration=declaration, signed=signed)
    assert refusal.value.fault.code == code


def test_delays_grow_and_end() -> None:
    assert [policies.login_delay(n) for n in (0, 2, 3, 4, 5, 10**9)] == [0, 0, 5, 10, 20, 900]
    assert [policies.network_delay(n) for n in (0, 29, 30, 31, 10**9)] == [0, 0, 5, 10, 60]


def test_tickets_are_never_more_than_trainees() -> None:
    for issued, count in ((9, 1), (0, 10), (0, 0), (0, -1)):
        with pytest.raises(Refused):
            issue("开放", "end", issued=issued, count=count)


def test_states_follow_one_another() -> None:
    chain = [policies.PREPARING]
    while chain[-1] != policies.STATES[-1]:
        chain.append(policies.next_state(chain[-1]))
    assert tuple(chain) == policies.STATES


@pytest.mark.parametrize(
    ("record", "reason", "code"),
    [("草稿", "数不对", "site.not_submitted"), ("已提交", "  ", "site.reason_missing")],
)
def test_a_return_needs_a_submitted_record_and_a_reason(record, reason, code) -> None:
    with pytest.raises(Refused) as refusal:
        send_back("开放", "school", record, reason)
    assert refusal.value.fault.code == code


def test_nobody_opens_what_another_owes() -> None:
    own = {"owner_role": "school", "owner": "X1"}
    policies.check_own(role="school", unit="X1", **own)
    for role, unit in (("school", "X2"), ("institution", "X1"), ("province", "")):
        with pytest.raises(Refused) as refusal:
            policies.check_own(role=role, unit=unit, **own)
        assert refusal.value.status == 404


def test_tickets_hold_64_bits() -> None:
    assert len(ALPHABET) ** LENGTH >= 2**64 and len(ALPHABET) == 31


@given(st.integers(0, 15), st.sampled_from(ALPHABET))
def test_one_wrong_sign_is_noticed(place: int, sign: str) -> None:
    code = new_code().replace("-", "")
    wrong = code[:place] + sign + code[place + 1 :]
    assert read_code(wrong) == (code if wrong == code else None)


@given(st.integers(0, 13))
def test_two_swapped_signs_are_noticed(place: int) -> None:
    code = new_code().replace("-", "")
    a, b = code[place : place + 2]
    swapped = code[:place] + b + a + code[place + 2 :]
    assert read_code(swapped) == (code if a == b else None)


def test_codes_are_read_as_people_type_them() -> None:
    code = "2" * LENGTH
    total = sum(range(1, LENGTH + 1)) * ALPHABET.index("2") % 31
    whole = code + ALPHABET[total]
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in whole)
    for typed in (whole.lower(), wide, " ".join(whole), f" {whole[:4]}-{whole[4:]} "):
        assert read_code(typed) == whole
    for typed in ("", "0", whole[:-1], whole + "2", "二" * 16):
        assert read_code(typed) is None


KEYS = st.binary(min_size=32, max_size=32)
IDS = st.text("0123456789abcdef", min_size=32, max_size=32)


def stored(id: str, nonce: str = "0" * 32, answers: str = "{}") -> ResponseRow:
    same = {"instrument": "t", "version": "1.0", "class_code": "C1", "session": "", "duration": ""}
    return ResponseRow(id=id, nonce=nonce, answers=answers, day="2021-07-09", **same)


@given(KEYS, IDS, st.integers(19, 23), st.sampled_from("0123456789"))
def test_a_receipt_is_known_again_and_a_wrong_seal_noticed(key, id, place, digit) -> None:
    number = receipt(key, stored(id))
    assert len(number) == 24 and is_receipt(key, number)
    wrong = number[:place] + digit + number[place + 1 :]
    assert is_receipt(key, wrong) is (wrong == number)


@given(KEYS, IDS, IDS)
def test_receipts_belong_to_one_answer_as_it_stands(key, id, nonce) -> None:
    number = receipt(key, stored(id))
    assert (receipt(key, stored(id, nonce=nonce)) == number) is (nonce == "0" * 32)
    assert receipt(key, stored(id, answers='{"q01":"4"}')) != number


def test_numbers_that_another_key_made_are_not_known() -> None:
    numbers = [receipt(b"a" * 32, stored(f"{place:032x}")) for place in range(200)]
    assert len(set(numbers)) == 200
    assert sum(is_receipt(b"b" * 32, number) for number in numbers) <= 1  # one in 100,000 by luck


@pytest.mark.parametrize("number", ["", "0", "1" * 20, "1" * 24, "１" * 24, "²" * 24, "-" * 24])
def test_numbers_that_are_no_receipts(number: str) -> None:
    assert not is_receipt(b"k" * 32, number)


TRAITS = st.tuples(*[st.sampled_from(["a", "b", "c", None])] * 3)


@given(st.lists(TRAITS, max_size=40))
def test_no_combination_is_left_to_fewer_than_three(rows) -> None:
    coarse = coarsen(rows, 3)
    sizes = Counter(coarse)
    assert len(coarse) == len(rows)
    if len(rows) >= 3:
        assert min(sizes.values()) >= 3
    else:
        assert set(coarse) <= {(None, None, None)}
    for before, after in zip(rows, coarse, strict=True):
        assert all(kept in (None, given) for given, kept in zip(before, after, strict=True))


def test_traits_that_identify_nobody_stay() -> None:
    rows = [("a", "b", "c")] * 3 + [("a", "b", "d")] * 3
    assert coarsen(rows, 3) == rows
    mixed = [("a", "b", "c")] * 3 + [("a", "x", "y"), ("a", "x", "z"), ("a", "x", None)]
    assert coarsen(mixed, 3)[3:] == [("a", "x", None)] * 3

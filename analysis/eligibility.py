"""Who gets a score and who takes part in the ranking, with every reason why not."""

from __future__ import annotations

from dataclasses import dataclass

from instruments.faults import Fault, fault
from instruments.methods import Plan


@dataclass(frozen=True)
class Verdict:
    """``published``: a score may be shown; ``ranked``: it takes a rank; ``reasons`` in words."""

    published: bool
    ranked: bool
    reasons: tuple[Fault, ...]

    @property
    def note(self) -> str | None:
        """The reasons joined by '；', or None when there is nothing to say."""
        texts = (reason.message.rstrip("。") for reason in self.reasons)
        return "；".join(texts) or None


@dataclass(frozen=True)
class Evidence:
    """What a unit's result rests on; ``rate`` is None when enrolment is unknown."""

    n: int
    rate: float | None
    classes: int
    experts_due: bool
    """The framework has leaves that experts measure."""
    observed: bool
    """At least one such leaf was rated by enough experts."""
    scored: bool
    founded: bool
    """At least one of its parts has a score that may be shown (a project has no parts)."""
    left_out: str
    """Names of the parts that do not enter, each with its reason."""
    points: float
    """Points that the unit has, of 100 that apply to it."""


def judge(evidence: Evidence, *, plan: Plan) -> Verdict:
    """Apply the plan's thresholds to one unit (domain 00, Thresholds and Missing data).

    A rule that cannot be checked is said to be so and never counts as passed.
    """
    hiding = withheld(
        n=evidence.n,
        rate=evidence.rate,
        scored=evidence.scored,
        founded=evidence.founded,
        plan=plan,
    )
    left_out = [fault("analysis.left_out", parts=evidence.left_out)] if evidence.left_out else []
    if hiding:
        return Verdict(False, False, (*hiding, *left_out))
    barring = _barring(evidence, plan)
    remarks = [fault("analysis.single_class")] if evidence.classes == 1 else []
    return Verdict(True, not barring, (*barring, *left_out, *remarks))


def withheld(
    *, n: int, rate: float | None, scored: bool, founded: bool, plan: Plan
) -> tuple[Fault, ...]:
    """Why a unit's score may not be shown; empty when it may. Fields as in ``Evidence``."""
    limits = plan.thresholds
    if n == 0:
        return (fault("analysis.no_answers"),)
    if n < limits.min_cell:
        return (fault("analysis.below_cell", least=limits.min_cell),)
    reasons = []
    if n < limits.min_publish_n:
        reasons.append(fault("analysis.few_answers", least=limits.min_publish_n))
    if rate is not None and rate < limits.min_response_rate:
        reasons.append(fault("analysis.low_response", least=f"{limits.min_response_rate:.0%}"))
    if not scored:
        reasons.append(fault("analysis.nothing_measured"))
    if not reasons and not founded:
        reasons.append(fault("analysis.parts_withheld"))
    return tuple(reasons)


def judge_locality(evidence: Evidence, *, plan: Plan) -> Verdict:
    """Whether a city or county takes part in the ranking: ``n`` are schools that answered.

    Records are no sample and nobody's opinion, so a score is shown as soon as there is one.
    """
    if not evidence.scored:
        return Verdict(False, False, (fault("analysis.nothing_measured"),))
    limits, reasons = plan.thresholds, _few_points(evidence, plan)
    if evidence.n < limits.locality_n:
        reasons.append(fault("analysis.few_schools", least=limits.locality_n))
    if (evidence.rate or 0.0) < limits.locality_rate:
        reasons.append(fault("analysis.few_school_answers", least=f"{limits.locality_rate:.0%}"))
    return Verdict(True, not reasons, tuple(reasons))


def _few_points(evidence: Evidence, plan: Plan) -> list[Fault]:
    least = plan.composite.minimum_points
    if evidence.points >= least - _TOLERANCE:
        return []
    return [fault("analysis.few_points", points=f"{evidence.points:.4g}", least=f"{least:g}")]


_TOLERANCE = 1e-9


def _barring(evidence: Evidence, plan: Plan) -> list[Fault]:
    limits, reasons = plan.thresholds, _few_points(evidence, plan)
    if evidence.rate is not None and evidence.rate > 1.0:
        reasons.append(fault("analysis.over_answered"))
    if evidence.rate is None and limits.min_response_rate > 0:
        reasons.append(fault("analysis.response_unknown"))
    small = evidence.n >= limits.rank_small_n and (evidence.rate or 0.0) >= limits.rank_small_rate
    if evidence.n < limits.rank_n and not small:
        reasons.append(
            fault(
                "analysis.small_sample", least=limits.rank_n, rate=f"{limits.rank_small_rate:.0%}"
            )
        )
    if evidence.experts_due and not evidence.observed:
        reasons.append(fault("analysis.few_experts", least=limits.min_experts))
    return reasons

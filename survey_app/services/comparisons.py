"""Points from pairwise comparisons of importance: the site's one use of the analysis, on
judgements that are typed on a page and on no data of anybody's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

from instruments.comparisons import comparison_rules
from instruments.faults import Fault, fault
from instruments.reweighting import leaf_points, node_points, weighted
from instruments.scorecard import Framework, Indicator
from survey_app.errors import Refused
from survey_app.phrases import phrase
from survey_app.points import plain

FINEST = 1000
"""The consistency ratio is shown in thousandths, rounded up: none above the limit looks below."""


@dataclass(frozen=True)
class Pair:
    """Two indicators and what was chosen between them ('' for nothing yet)."""

    name: str
    first: Indicator
    second: Indicator
    chosen: str
    options: tuple[tuple[str, str], ...]
    """Value and words of every judgement on offer."""

    @property
    def words(self) -> str:
        """Both, as a fault names them."""
        return f"{self.first.code} {self.first.name} 与 {self.second.code} {self.second.name}"


@dataclass(frozen=True)
class Comparison:
    """All pairs of a node's children, and what follows from the judgements."""

    node: str
    among: str
    """What is compared, in words."""
    pairs: tuple[Pair, ...]
    faults: tuple[Fault, ...] = ()
    ratio: str = ""
    points: Mapping[str, Decimal] | None = None
    """Points of all leaves of the scorecard, once the judgements are complete and consistent."""

    @property
    def reason(self) -> str:
        """Words for the version's reason."""
        return phrase("judgement.reason", among=self.among, ratio=self.ratio)

    @property
    def limit(self) -> str:
        """The highest ratio that is accepted."""
        return _limit()

    @property
    def judged(self) -> dict[str, str]:
        """The judgements as a form sends them."""
        return {"node": self.node} | {pair.name: pair.chosen for pair in self.pairs}


def comparable(framework: Framework) -> dict[str, str]:
    """Nodes whose children can be compared, '' for the first level, to their words."""
    most = max(comparison_rules().random_index)
    nodes = {"": phrase("judgement.first")} | {
        node.code: phrase("judgement.below", code=node.code, name=node.name)
        for node in framework.indicators
    }
    return {c: words for c, words in nodes.items() if 2 <= len(framework.children(c)) <= most}


def shares(framework: Framework, found: Comparison) -> list[tuple[Indicator, str, str]]:
    """Nodes that were compared and all below them, with points now and as derived."""
    before = node_points(framework, leaf_points(framework))
    after = node_points(framework, found.points or {})
    return [
        (node, plain(before[node.code]), plain(after[node.code]))
        for node in framework.indicators
        if _is_below(framework, node, found.node)
    ]


def compare(framework: Framework, sent: Mapping[str, str]) -> Comparison:
    """What was judged of the children of a node of ``framework``, and the points that follow.

    Nothing judged yet has no fault. Judgements that are missing, off the scale or inconsistent
    beyond the limit give faults and no points.
    """
    node = sent.get("node", "")
    nodes = comparable(framework)
    if node not in nodes:
        raise Refused("no_node", 404, node=node)
    children = framework.children(node)
    pairs = tuple(_pair(*two, sent) for two in combinations(children, 2))
    empty = Comparison(node, nodes[node], pairs)
    if not any(pair.chosen for pair in pairs):
        return empty
    faults = _faults(pairs)
    if faults:
        return Comparison(node, nodes[node], pairs, tuple(faults))
    return _judged(framework, empty, len(children))


def _is_below(framework: Framework, node: Indicator, top: str) -> bool:
    if not node.parent or node.parent == top:
        return node.parent == top or not top
    return _is_below(framework, framework.indicator(node.parent), top)


def _pair(first: Indicator, second: Indicator, sent: Mapping[str, str]) -> Pair:
    name = f"{first.code}~{second.code}"
    return Pair(name, first, second, sent.get(name, "").strip()[:40], _options(first, second))


def _options(first: Indicator, second: Indicator) -> tuple[tuple[str, str], ...]:
    scale = comparison_rules().scale
    above = [(str(n), _more(first, n, str(n))) for n in reversed(scale[1:])]
    same = (str(scale[0]), phrase("judgement.same", words=phrase(f"judgement.{scale[0]}")))
    below = [(f"1/{n}", _more(second, n, f"1/{n}")) for n in scale[1:]]
    return (*above, same, *below)


def _more(node: Indicator, degree: int, value: str) -> str:
    words = phrase(f"judgement.{degree}")
    return phrase("judgement.more", code=node.code, words=words, value=value)


def _faults(pairs: Sequence[Pair]) -> list[Fault]:
    missing = sum(not pair.chosen for pair in pairs)
    faults = [fault("site.comparison_missing", count=missing)] if missing else []
    return faults + [
        fault("site.comparison_wrong", pair=pair.words, typed=pair.chosen)
        for pair in pairs
        if pair.chosen and pair.chosen not in dict(pair.options)
    ]


def _judged(framework: Framework, empty: Comparison, size: int) -> Comparison:
    from analysis.ahp import judgements, most_inconsistent, priorities

    rules = comparison_rules()
    places = list(combinations(range(size), 2))
    values = [float(Fraction(pair.chosen)) for pair in empty.pairs]
    among = rules.scale
    matrix = judgements(size, pairs=dict(zip(places, values, strict=True)), among=among)
    found = priorities(matrix, random_index=rules.random_index)
    ratio = _thousandths(found.ratio)
    if not found.ratio <= rules.limit:
        worst = most_inconsistent(matrix, weight=found.weight)
        implied = float(found.weight[worst[0]] / found.weight[worst[1]])
        refused = _inconsistent(empty.pairs[places.index(worst)], implied, ratio)
        return Comparison(empty.node, empty.among, empty.pairs, (refused,), ratio)
    points = weighted(framework, empty.node, [float(one) for one in found.weight])
    return Comparison(empty.node, empty.among, empty.pairs, (), ratio, points)


def _inconsistent(pair: Pair, implied: float, ratio: str) -> Fault:
    words = dict(pair.options)
    nearest = min(words, key=lambda one: abs(math.log(float(Fraction(one)) / implied)))
    return fault(
        "site.comparison_inconsistent",
        ratio=ratio,
        limit=_limit(),
        pair=pair.words,
        chosen=words[pair.chosen],
        suggested=words[nearest],
    )


def _limit() -> str:
    return f"{comparison_rules().limit:g}"


def _thousandths(ratio: float) -> str:
    return f"{math.ceil(max(ratio, 0.0) * FINEST) / FINEST:g}"

"""Instruments as frozen values: what is asked, of whom, on which scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

ROLES = ("trainee", "expert", "recorder", "institution", "locality", "school")
REPORTERS = ("institution", "locality")
"""Roles whose fields are read by formulas: what they leave blank counts as withheld."""
PERS = (
    *("class", "session", "visit", "project", "focus_group"),
    *("locality", "school", "sending"),
)
"""What one response is about; its ``target`` is the code of one such thing."""
WAVES = ("end", "followup")
SOURCE_OF = {
    ("trainee", "class", "end"): "问",
    ("trainee", "session", "end"): "场",
    ("expert", "visit", "end"): "观",
    ("expert", "project", "end"): "观",
    ("expert", "class", "end"): "观",
    ("recorder", "focus_group", "end"): "座",
    ("institution", "project", "end"): "档",
    ("locality", "locality", "end"): "档",
    ("school", "school", "end"): "县",
    ("trainee", "class", "followup"): "跟",
    ("school", "sending", "followup"): "跟",
}
"""Source in the framework of a form, by (role, per, wave): decision record 12. No other form is."""
ITEM_TYPES = (
    *("select_one", "select_multiple", "text", "integer", "decimal", "date", "file"),
    "note",
)
"""The answer to a ``file`` is the identifier of a stored file."""
NOT_APPLICABLE = "na"
"""Choice code of 不适用 in every scale that offers it: an answer, but not a score."""

USES = (
    *("trait", "check", "reversed", "pressure", "fee", "header", "comment", "pace", "fact"),
    *("record", "evidence", "city", "change"),
)
"""What an item that carries no score is for (sheet ``_uses``): ``record`` is used by formulas or
kept for information, ``evidence`` is an attachment; ``change`` is compared with the item
``against`` of the form at the end of the training, person by person; answers to ``city`` are not
reported below city level, so that such an item can feed no indicator (domain section 00,
follow-up)."""


@dataclass(frozen=True)
class Language:
    """A language that a form is worded in: its code, e.g. ``en``, and its own name for itself."""

    code: str
    name: str


CHINESE = Language("zh", "中文")
"""What a form is worded in that does not say."""


@dataclass(frozen=True)
class Choice:
    """One answer that a scale offers: the stored code and the words shown."""

    code: str
    label: str
    description: str = ""
    """Anchor text of a rubric level; empty elsewhere."""


@dataclass(frozen=True)
class Scale:
    """A named list of choices in the order in which they are shown."""

    name: str
    choices: tuple[Choice, ...]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Stored codes in order."""
        return tuple(choice.code for choice in self.choices)

    def label(self, code: str) -> str:
        """Words for ``code``; raises KeyError if the scale does not offer it."""
        return {choice.code: choice.label for choice in self.choices}[code]


@dataclass(frozen=True)
class Comparison:
    """``${item} = 'value'`` or ``!=``: the only relevance the site can show without a script."""

    item: str
    operator: str
    value: str

    def holds(self, answers: Mapping[str, object]) -> bool:
        """Whether the comparison is true of ``answers`` (an unanswered item equals '')."""
        equal = str(answers.get(self.item) or "") == self.value
        return equal if self.operator == "=" else not equal


@dataclass(frozen=True)
class Limit:
    """Inclusive numeric range that ``constraint`` allows; None means open."""

    low: float | None = None
    high: float | None = None
    message: str = ""


@dataclass(frozen=True)
class Item:
    """One question. ``row`` is its row in the survey sheet."""

    name: str
    type: str
    label: str
    hint: str = ""
    required: bool = False
    relevant: tuple[Comparison, ...] = ()
    """All must hold for the item to be asked."""
    limit: Limit | None = None
    scale: Scale | None = None
    appearance: str = ""
    row: int = 0


@dataclass(frozen=True)
class Section:
    """A group of items with one heading; ``relevant`` decides on the whole of it. The answer to a
    section with ``repeat`` is a list of rows, each a mapping of its items' answers."""

    name: str
    label: str
    items: tuple[Item, ...]
    relevant: tuple[Comparison, ...] = ()
    hint: str = ""
    repeat: bool = False


@dataclass(frozen=True)
class IndicatorMapping:
    """One row of ``_indicators``: ``item`` feeds ``indicator`` through the plan's ``scaling``."""

    item: str
    indicator: str
    scaling: str
    baseline: str = ""
    """For gains: the item that holds the value before (domain: (now - before)/(5 - before))."""


@dataclass(frozen=True)
class Use:
    """One row of ``_uses``: what an item without a score is for."""

    item: str
    use: str
    expected: str = ""
    """Right answer of a check item."""
    against: str = ""
    """For a reversed item: the item it must contradict."""


@dataclass(frozen=True)
class Instrument:
    """One published version of a form. ``per`` names what one response is about."""

    code: str
    version: str
    title: str
    role: str
    per: str
    """One of ``PERS``; 'visit' is a session seen on a visit."""
    sections: tuple[Section, ...]
    mappings: tuple[IndicatorMapping, ...]
    uses: tuple[Use, ...]
    context: tuple[str, ...] = ()
    """Names that relevance may use and that the site supplies, e.g. ``project_mode``."""
    notice: str = ""
    blanks: str = "allow"
    """'confirm': the site asks once more when scored items are blank; 'allow': it does not."""
    wave: str = "end"
    """'end' of the training, or 'followup' months later."""
    self_code: bool = False
    """Whether the page asks for a self-made code (``instruments.self_code``), which is no item and
    never among the answers."""
    language: Language = CHINESE
    translations: tuple[Instrument, ...] = field(default=(), repr=False)
    """The same form in the words of its further languages: codes, rules and order are these."""

    @property
    def subject(self) -> tuple[str, str, str]:
        """Who fills the form about what, when: role, per and wave."""
        return self.role, self.per, self.wave

    @property
    def languages(self) -> tuple[Language, ...]:
        """Languages that the whole form is worded in, its own first."""
        return (self.language, *(one.language for one in self.translations))

    def in_language(self, code: str) -> Instrument:
        """The form in the words of a language; in its own where it has no such."""
        return next((one for one in self.translations if one.language.code == code), self)

    @property
    def source(self) -> str:
        """What a framework calls answers to this form; '' for a form that it cannot name."""
        return SOURCE_OF.get(self.subject, "")

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """All items in order, sections flattened, those of repeats among them."""
        return tuple(item for section in self.sections for item in section.items)

    @cached_property
    def written(self) -> frozenset[str]:
        """Items that are answered in one's own words."""
        return frozenset(item.name for item in self.items if item.type == "text")

    @cached_property
    def single_items(self) -> tuple[Item, ...]:
        """Items that are asked once per response, in order."""
        return tuple(i for section in self.sections if not section.repeat for i in section.items)

    @cached_property
    def repeats(self) -> tuple[Section, ...]:
        """Sections whose answer is a list of rows, in order."""
        return tuple(section for section in self.sections if section.repeat)

    def item(self, name: str) -> Item:
        """The item called ``name``; raises KeyError if there is none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, Item]:
        return {item.name: item for item in self.items}

    def asked(self, answers: Mapping[str, object]) -> Iterator[Item]:
        """Items to be asked once of somebody whose context and answers so far are ``answers``."""
        for section in self.sections:
            if not section.repeat and all(rule.holds(answers) for rule in section.relevant):
                for item in section.items:
                    if all(rule.holds(answers) for rule in item.relevant):
                        yield item

    def used_as(self, use: str) -> tuple[Use, ...]:
        """Rows of ``_uses`` with this use, in order."""
        return tuple(row for row in self.uses if row.use == use)

    @property
    def reported(self) -> bool:
        """Whether formulas read its fields, so that a blank one counts as withheld."""
        return self.role in REPORTERS

    @cached_property
    def scored(self) -> frozenset[str]:
        """Items that count for an indicator; of a record, all that formulas may read."""
        return frozenset(mapping.item for mapping in self.mappings) | self.recorded

    @cached_property
    def recorded(self) -> frozenset[str]:
        """Items that formulas may read."""
        return frozenset(u.item for u in self.used_as("record") if self.reported)

    @property
    def table(self) -> str:
        """Name of the extract's table that holds this version's responses."""
        return f"responses_{self.code}_v{self.version.replace('.', '_')}"

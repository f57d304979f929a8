"""Small forms of every kind that the site collects, for tests of the site itself."""

from __future__ import annotations

from collections.abc import Sequence

from instruments.builtin import plan_source

YES_NO = (("yes", "是"), ("no", "否"))


def form(
    code: str,
    *,
    title: str,
    role: str,
    per: str,
    survey: Sequence[Sequence[str]],
    choices: Sequence[Sequence[str]] = (),
    wave: str = "end",
    context: str = "",
    notice: str = "",
    blanks: str = "",
    indicators: Sequence[Sequence[str]] = (),
) -> bytes:
    """A form in Markdown; survey rows are (type, name, label, required, relevant, appearance)."""
    mapped = {row[0] for row in indicators}
    uses = [
        (row[1], "evidence" if row[0] == "file" else "comment" if row[0] == "text" else "record")
        for row in survey
        if not row[0].startswith(("begin", "end", "note")) and row[1] not in mapped
    ]
    settings = [("form_title", "form_id", "version"), (title, code, "1.0")]
    keys = {"role": role, "per": per, "wave": wave, "context": context, "notice": notice}
    keys |= {"blanks": blanks}
    sheets = {
        "settings": settings,
        "_context": [("key", "value"), *((k, v) for k, v in keys.items() if v)],
        "survey": [("type", "name", "label", "required", "relevant", "appearance"), *survey],
        "choices": [("list_name", "name", "label"), *choices],
        "_indicators": [("item", "indicator", "scaling"), *indicators],
        "_uses": [("item", "use"), *uses],
    }
    return "\n\n".join(_sheet(name, rows) for name, rows in sheets.items()).encode()


def _sheet(name: str, rows: Sequence[Sequence[str]]) -> str:
    width = max(map(len, rows))
    lines = ["|  | " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
    return "\n".join([f"| {name} |" + " |" * width, *lines])


def _listed(name: str, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    return [(name, code, label) for code, label in pairs]


INSTITUTION = form(
    "institution_record",
    title="承训机构项目填报",
    role="institution",
    per="project",
    context="project_module",
    blanks="confirm",
    notice="本表各项为自报。",
    survey=[
        ("begin group", "basics", "一、基本情况"),
        ("integer", "planned", "计划人数（人）", "yes"),
        ("select_one yes_no", "charged", "向学员收过费用", "yes"),
        ("text", "charged_note", "收费项目和依据", "yes", "${charged} = 'yes'", "multiline"),
        ("select_multiple stages", "stages", "学员的学段（可多选）"),
        ("file", "plan_file", "附件：实施方案"),
        ("end group", "", ""),
        ("begin repeat", "timetable", "二、课程表"),
        ("date", "lesson_date", "日期"),
        ("text", "lesson_title", "题目", "yes"),
        ("decimal", "hours", "学时（学时）", "yes"),
        ("select_one kinds", "kind", "课程类别", "yes"),
        ("file", "lesson_file", "附件：教案"),
        ("end repeat", "", ""),
        ("begin repeat", "homework", "三、抽评作业"),
        ("text", "homework_class", "班级代码", "yes"),
        ("integer", "homework_number", "抽中的编号", "yes"),
        ("file", "homework_file", "附件：作业"),
        ("end repeat", "", ""),
        ("begin group", "it_scope", "四、整校推进", "", "${project_module} = 'it2'"),
        ("integer", "counties_number", "承担的县数（个）"),
        ("end group", "", ""),
    ],
    choices=[
        *_listed("yes_no", YES_NO),
        *_listed("stages", (("primary", "小学"), ("junior", "初中"))),
        *_listed("kinds", (("ethics", "师德师风"), ("subject", "学科"))),
    ],
)
LOCALITY = form(
    "locality_form",
    title="市县管理填报",
    role="locality",
    per="locality",
    context="locality_kind",
    survey=[
        ("begin group", "work", "一、工作小组"),
        ("integer", "meetings", "会议次数（次）", "yes"),
        ("end group", "", ""),
        ("begin group", "selection", "二、选派", "", "${locality_kind} = 'county'"),
        ("integer", "quota", "选派名额（人）", "yes"),
        ("end group", "", ""),
        ("begin repeat", "schools", "三、学校经费表"),
        ("text", "account", "核算单位", "yes"),
        ("decimal", "budget", "公用经费（元）", "yes"),
        ("end repeat", "", ""),
    ],
)
SCHOOL = form(
    "school_form",
    title="县校问卷",
    role="school",
    per="school",
    survey=[
        ("begin group", "views", "本校情况"),
        ("select_one agree", "c1", "派出的教师符合要求。", "yes", "", "likert"),
        ("text", "comment", "意见", "", "", "multiline"),
        ("end group", "", ""),
    ],
    choices=_listed("agree", (("1", "不同意"), ("3", "一般"), ("5", "同意"))),
)
FOCUS_GROUP = form(
    "focus_group",
    title="座谈记录表",
    role="recorder",
    per="focus_group",
    survey=[
        ("begin group", "header", "座谈情况"),
        ("integer", "participants", "人数（人）", "yes"),
        ("end group", "", ""),
        ("begin repeat", "points", "发言要点"),
        ("text", "quote", "原话摘录", "yes", "", "multiline"),
        ("select_one tendency", "tendency", "倾向", "yes"),
        ("end repeat", "", ""),
    ],
    choices=_listed("tendency", (("positive", "肯定"), ("negative", "否定"))),
)
PLAN_REVIEW = form(
    "plan_review",
    title="方案案头评阅表",
    role="expert",
    per="project",
    survey=[
        ("begin group", "rows", "评阅维度"),
        ("select_one level", "p1", "需求数据", "yes"),
        ("text", "p1_evidence", "一句依据", "yes", "${p1} != 'unseen'"),
        ("end group", "", ""),
    ],
    choices=_listed("level", (("1", "1级"), ("4", "4级"), ("unseen", "未提供"))),
)
HOMEWORK_REVIEW = form(
    "homework_review",
    title="作业抽评表",
    role="expert",
    per="class",
    survey=[
        ("begin repeat", "pieces", "抽中的作业"),
        ("integer", "piece", "作业编号", "yes"),
        ("select_one level", "fit", "课标与学情契合", "yes"),
        ("end repeat", "", ""),
        ("begin group", "footer", "总的意见"),
        ("text", "problem", "共同问题", "", "", "multiline"),
        ("end group", "", ""),
    ],
    choices=_listed("level", (("1", "1级"), ("4", "4级"))),
)
FOLLOWUP = form(
    "followup",
    title="跟踪问卷",
    role="trainee",
    per="class",
    wave="followup",
    survey=[
        ("begin group", "applied", "用在课堂"),
        ("select_one times", "f1", "用过几次？"),
        ("end group", "", ""),
    ],
    choices=_listed("times", (("0", "没有"), ("1", "用过"))),
)
SCHOOL_RATER = form(
    "school_rater",
    title="学校评价表",
    role="school",
    per="sending",
    wave="followup",
    survey=[
        ("begin group", "seen", "返校以后"),
        ("select_one change", "g1", "看到变化吗？", "yes"),
        ("end group", "", ""),
    ],
    choices=_listed("change", (("1", "没有"), ("4", "人人都有"))),
)
TRAINEE = form(
    "trainee_core",
    title="结业问卷",
    role="trainee",
    per="class",
    survey=[
        ("begin group", "overall", "总的看法"),
        ("select_one agree5", "q01", "总体满意。", "", "", "likert"),
        ("end group", "", ""),
    ],
    choices=_listed("agree5", tuple((str(n), f"{n}级") for n in range(1, 6))),
    indicators=[("q01", "A1.1", "agree5")],
)
FORMS = {
    "trainee_core.md": TRAINEE,
    "institution_record.md": INSTITUTION,
    "locality_form.md": LOCALITY,
    "school_form.md": SCHOOL,
    "focus_group.md": FOCUS_GROUP,
    "plan_review.md": PLAN_REVIEW,
    "homework_review.md": HOMEWORK_REVIEW,
    "followup.md": FOLLOWUP,
    "school_rater.md": SCHOOL_RATER,
}
"""File name → content of every small form."""

FRAMEWORK = """
code: A
version: "1.0"
title: 小指标体系
scorecard: A
total: 100
adoption: {status: 建议}
note: ""
indicators:
  - {code: A1, parent: "", name: 成效, points: 100}
  - {code: A1.1, parent: A1, name: 满意, points: 60, source: 问, instrument: trainee_core}
  - {code: A1.2, parent: A1, name: 合规, points: 40, source: 档, instrument: institution_record,
     formula: "when(charged == 'no', 5, 1)", scaling: fair}
""".encode()
"""A framework that fits the small forms."""
PLAN = (
    plan_source()
    .replace(b"method: indirect", b"method: none")
    .replace(
        b"scaling:  ",
        b"scaling:\n  - {name: fair, low: 1, low_score: 20, high: 5, high_score: 100}\n  #",
    )
)
"""The default plan without case-mix: the small trainee form asks for no traits."""

"""The command `guopei instrument`: check a form, compare two, write one for ODK and Kobo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from instruments.difference import Difference
    from instruments.faults import Fault
    from instruments.form_files import ReadForm
    from instruments.model import Instrument
    from instruments.workbook import Workbook

UNLIKE = 1
"""Exit code of `diff --strict` when not everything can be pooled."""


@click.group("instrument")
def instrument() -> None:
    """工具（问卷、观察表、填报表）：检查、比较两版、导出。

    文件是XLSForm：.xlsx、.xls、.md；也可以写自带工具的代码，如 trainee_core。

    退出码：0 正常，1 文件有问题（全部列出），2 用法有误，3 运行失败。
    """


@instrument.command("check")
@click.argument("file", metavar="文件")
@click.option(
    "--for",
    "about",
    default="trainee/class",
    show_default=True,
    metavar="填写人/对象",
    help="文件没有 _context 表时，谁就什么来填；训后跟踪写作 trainee/class/followup。",
)
def check(file: str, about: str) -> None:
    """检查一个工具文件：全部问题按工作表、行、列列出；没有问题时说明它问什么。"""
    read = _read(file, _subject(about))
    for remark in read.remarks:
        click.echo(f"请核对：{_place(remark)}{remark.message}{remark.remedy}", err=True)
    for line in _summary(read.instrument):
        click.echo(line)


@instrument.command("diff")
@click.argument("before", metavar="旧版")
@click.argument("after", metavar="新版")
@click.option("--strict", is_flag=True, help="只要有不可合并或需先证明等值的，退出码为1。")
def diff(before: str, after: str, strict: bool) -> int:
    """逐题比较两版，说明哪些作答可以合并、为什么。"""
    from instruments.difference import POOL, compare_forms

    found = compare_forms(_read(before).instrument, _read(after).instrument)
    for line in _told(found):
        click.echo(line)
    return UNLIKE if strict and found.verdict != POOL else 0


@instrument.command("export")
@click.argument("file", metavar="文件")
@click.argument("out", metavar="另存为.xlsx", type=click.Path(path_type=Path), required=False)
def export(file: str, out: Path | None) -> None:
    """把一个工具写成.xlsx(须不存在，默认 代码.xlsx),ODK Collect、Kobo 可直接使用。

    标准的工作表是纯XLSForm；下划线开头的工作表记着指标、用途等，别的软件不理会，本站可原样读回。
    """
    from instruments.form_writer import write_form
    from survey_app.commands import _write_new

    code, books = _books(file)
    target = out or Path(f"{code}.xlsx")
    _write_new(target, write_form(books))
    click.echo(f"已存为 {target}")


def _read(file: str, about: tuple[str, str, str] | None = None) -> ReadForm:
    from instruments.form_files import USUAL, read_form
    from instruments.form_writer import write_form

    path = Path(file)
    if path.is_file():
        return read_form(_content(path), path.name, about=about or USUAL)
    code, books = _books(file)
    return read_form(write_form(books), f"{code}.xlsx")


def _books(file: str) -> tuple[str, list[Workbook]]:
    """Code and sheets of a form: of a file, or of a built-in form by its code."""
    from instruments.builtin import form_parts, instrument_sources
    from instruments.form_files import read_form

    path = Path(file)
    if path.is_file():
        read = read_form(_content(path), path.name)
        return read.instrument.code, [read.workbook]
    parts = form_parts(instrument_sources(), file)
    if not parts:
        raise click.UsageError(f"没有文件“{file}”，也没有叫这个代码的自带工具。")
    return file, list(parts.values())


def _content(path: Path) -> bytes:
    from instruments.faults import Place, refuse
    from instruments.form_files import MAX_FORM_BYTES

    if path.stat().st_size > MAX_FORM_BYTES:
        limit = MAX_FORM_BYTES // 1_000_000
        raise refuse("workbook.too_large", Place(file=path.name), limit=limit)
    return path.read_bytes()


def _subject(text: str) -> tuple[str, str, str]:
    from instruments.model import SOURCE_OF

    parts = [*text.split("/"), "end"][:3]
    found = next((known for known in SOURCE_OF if list(known) == parts), None)
    if found is None:
        known = "、".join("/".join(one) for one in SOURCE_OF)
        raise click.UsageError(f"没有“{text}”这样的表。可以是：{known}。")
    return found


def _place(remark: Fault) -> str:
    return f"{remark.place}：" if str(remark.place) else ""


def _summary(form: Instrument) -> Iterator[str]:
    items = [item for item in form.items if item.type != "note"]
    scored = {mapping.item for mapping in form.mappings}
    named = f"{form.title}（{form.code} 第{form.version}版）"
    counted = f"{len(form.sections)}节{len(items)}题，其中{len(scored)}题计分"
    yield f"{named}：{counted}。没有问题。"


def _told(found: Difference) -> Iterator[str]:
    from instruments.difference import rules, verdict_words

    for change in found.form:
        yield f"[{verdict_words(change.verdict)}] 整张表：{change.words}。{change.because}。"
    for item in found.changed:
        yield f"[{verdict_words(item.verdict)}] {item.name} {item.label}"
        for change in item.changes:
            before, after = change.texts
            told = f"（{before} → {after}）" if before else ""
            yield f"    {change.words}{told}：{change.because}。"
    for one in found.indicators:
        if one.verdict != "pool":
            yield f"[{verdict_words(one.verdict)}] 指标{one.code}"
    counts = "，".join(f"{verdict_words(v)}{n}题" for v, n in found.counts.items())
    yield f"结论：{verdict_words(found.verdict)}（{counts}）。{rules()['advice'][found.verdict]}"


COMMANDS = {"instrument": instrument}

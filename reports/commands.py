"""Commands score, bulletin, verify, assess, study: arguments in, files and an exit code out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

OK, FAULTS, USAGE, FAILED = 0, 1, 2, 3
"""Exit codes: done; the input has faults; the command was called wrongly; it could not finish."""
KERNEL = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Haswell"}
"""One linear-algebra kernel and one thread, so that a sum has the same last bit everywhere."""
MISUSED = frozenset({
    "ratings.mapping_is_folder", "ratings.no_column", "ratings.no_unit", "ratings.no_value",
    "ratings.scale", "reports.no_design", "reports.out_is_file",
})  # fmt: skip
"""Faults of the options rather than of a file."""
PIPED_LINES = 4
"""Lines that long work writes where nobody looks on."""
FOLDER = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
EXISTING = click.Path(path_type=Path, exists=True)
DIRECTORY = click.Path(path_type=Path, exists=True, file_okay=False)
FONTS = click.option(
    "--fonts", type=FILE, default=None, help="字体配置（YAML）；缺省用自带的字体。"
)


def pin_kernel() -> None:
    """Fix the linear-algebra kernel; must run before numpy is first imported."""
    for name, value in KERNEL.items():
        os.environ.setdefault(name, value)


@contextmanager
def told_faults() -> Iterator[None]:
    """Faults and failures become messages on stderr with their exit code, never a traceback."""
    from instruments.faults import FaultsFound, fault

    try:
        yield
    except FaultsFound as found:
        _tell(found.faults)
        misused = all(one.code in MISUSED for one in found.faults)
        raise SystemExit(USAGE if misused else FAULTS) from None
    except (OSError, MemoryError) as error:
        why = str(error) or type(error).__name__
        _tell((fault("reports.failed", why=why),))
        raise SystemExit(FAILED) from None


def _tell(faults: Any) -> None:
    for one in faults:
        click.echo(str(one), err=True)


def _guarded(run: Callable[..., None]) -> Callable[..., None]:
    @wraps(run)
    def guarded(*args: Any, **options: Any) -> None:
        pin_kernel()
        with told_faults():
            run(*args, **options)

    return guarded


def show_progress(step: str, done: int, total: int) -> None:
    """Progress on stderr: one rewritten line on a terminal; when piped, a plain line for each
    ``PIPED_LINES``-th part of the work."""
    line = f"[{done}/{total}] {step}"
    if sys.stderr.isatty():
        filled = 20 * done // max(total, 1)
        click.echo(
            f"\r\033[K{'█' * filled}{'░' * (20 - filled)} {line}", err=True, nl=done >= total
        )
    elif done >= total or PIPED_LINES * done // total > PIPED_LINES * (done - 1) // total:
        click.echo(line, err=True)


@click.command(help="由数据快照计算结果，写入结果文件夹。快照：文件夹或zip。")
@click.argument("extract", metavar="快照", type=EXISTING)
@click.option("--out", type=FOLDER, required=True, help="结果文件夹（不存在，或是先前的结果）。")
@click.option(
    "--framework",
    "frameworks",
    multiple=True,
    type=FILE,
    help="封存之后改动的指标体系（YAML，须填 change）；可重复，每张评分表一个。"
    "按改动后的分值计算，与冻结分值的名次并列。",
)
@click.option(
    "--before",
    type=DIRECTORY,
    default=None,
    help="上年的结果文件夹：按单位代码比较两年的得分，去掉碰巧的起落（回归均值）再说进步、退步。"
    "指标体系、标尺不同的不比较。",
)
@_guarded
def score(extract: Path, out: Path, frameworks: tuple[Path, ...], before: Path | None) -> None:
    """Score an extract by its own plan, and by later versions of its frameworks; beside an earlier
    cycle's results, if they are given."""
    from reports.before import before_files
    from reports.evaluation import score_extract
    from reports.opened import opened_extract

    later = {str(path): path.read_bytes() for path in frameworks}
    year = before_files(before) if before else {}
    with opened_extract(extract) as source:
        results = score_extract(source, out, progress=show_progress, frameworks=later, before=year)
    click.echo(f"已写入 {out}：{len(results.units)}行单位结果。")


@click.command(help="由结果写出通报：网页、PDF、Word，简表和各单位分表。结果：score 写出的文件夹。")
@click.argument("results", metavar="结果", type=EXISTING)
@click.option("--extract", type=EXISTING, required=True, help="算出该结果的数据快照。")
@click.option("--out", type=FOLDER, required=True, help="通报文件夹（不存在，或是先前的通报）。")
@click.option(
    "--particulars", type=FILE, default=None, help="印发信息（YAML）；模板见 guopei particulars。"
)
@click.option(
    "--texts", type=DIRECTORY, default=None, help="改写的文字（Markdown），如通报文件夹里的 texts。"
)
@click.option(
    "--published",
    multiple=True,
    type=DIRECTORY,
    help="同一年度先前公布的目录（含 results 和 extract 或 extract.zip）；可重复。"
    "几版合在一起能推知少数人的，拒绝写出。",
)
@FONTS
@click.option("--meeting", is_flag=True, help="送审稿：供会议审议，加水印，不得公布。")
@_guarded
def bulletin(
    results: Path, extract: Path, out: Path, published: tuple[Path, ...], **given: Any
) -> None:
    """Write the bulletin of a results folder in all its forms."""
    from reports.evaluation import publish_bulletin
    from reports.folder import read_results
    from reports.opened import opened_extract, published_folder
    from reports.publication import Choices, typed_figures

    before = tuple(published_folder(one) for one in published)
    with opened_extract(extract) as source:
        found, chosen = read_results(results, source), Choices(published=before, **given)
        path = publish_bulletin(found, out, choices=chosen, progress=show_progress)
    for line in typed_figures(path.parent):
        click.echo(line, err=True)
    click.echo(f"已写入 {path.parent}")


@click.command(
    help="校验并重算。路径：含 extract、results、bulletin 的目录，或一份快照（文件夹或zip）。"
    "全部成立时退出码为0。"
)
@click.argument("path", metavar="路径", type=EXISTING)
@FONTS
@_guarded
def verify(path: Path, fonts: Path | None) -> None:
    """Recompute and compare; exit 0 only when all holds."""
    from reports.verification.verify import examine

    found = examine(path, fonts=fonts, progress=show_progress)
    if found.faults:
        _tell(found.faults)
    verdict, *more = found.lines()
    for line in (*more, verdict):  # the verdict is the last thing said
        click.echo(line)
    if found.faults:
        raise SystemExit(FAULTS)


@click.command(help="核对改过的Word通报：列出与原通报不同的数、行、表；文字可以自由修改。")
@click.argument("edited", metavar="改过的文件", type=FILE)
@click.option(
    "--bulletin", "folder", type=DIRECTORY, required=True, help="原通报文件夹（bulletin 写出的）。"
)
@_guarded
def reconcile(edited: Path, folder: Path) -> None:
    """List every figure of an edited Word file that is not the bulletin's."""
    from reports.verification.reconcile import reconcile as compare
    from reports.wording import phrase

    found = compare(edited, folder / "bulletin.docx")
    if found:
        _tell(found)
        raise SystemExit(FAULTS)
    click.echo(phrase("reconcile.passed"))


@click.command(help="写出印发信息的空白模板（YAML）。")
@click.option("--out", type=FOLDER, default=Path("印发信息.yaml"), show_default=True, help="文件。")
@_guarded
def particulars(out: Path) -> None:
    """Copy the commented template of what only the issuing office can give."""
    from instruments.faults import refuse
    from reports.particulars import particulars_template

    if out.exists():
        raise refuse("reports.exists", name=out.name)
    out.write_text(particulars_template(), encoding="utf-8")
    click.echo(f"已写入 {out}")


@click.command(
    help="对外部评分表（CSV、XLSX、SPSS .sav）评分并写出通报。每行一份评分；"
    "宽表可给出多个评分列，按行取均值。"
)
@click.argument(
    "file", metavar="评分表", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--value", multiple=True, help="评分列；可重复，或写“前缀*”。")
@click.option("--unit", default="", help="被评单位列。")
@click.option("--class", "class_", default="", help="班级（组）列，标准误按此分群。")
@click.option("--respondent", default="", help="评分人列：同一人的多份评分算一人。")
@click.option("--rater", default="", help="评审专家列：按单位与专家交叉随机效应评分。")
@click.option("--scale", default="", help="评分标度，如 1:5（缺省）。")
@click.option("--mapping", type=EXISTING, default=None, help="列对应文件（YAML，键同上述选项）。")
@click.option("--title", default="", help="评分表名称，印在通报标题中（缺省“外部评分表”）。")
@click.option("--out", type=FOLDER, required=True, help="输出目录：extract、results、bulletin。")
@_guarded
def assess(file: Path, mapping: Path | None, out: Path, **options: Any) -> None:
    """Score a table of ratings that we did not make."""
    from reports.evaluation import assess_table

    path = assess_table(file, mapping=mapping, options=options, out=out, progress=show_progress)
    click.echo(f"已写入 {out}：extract、results、{path.relative_to(out)}")


@click.command(
    help="在真值已知的虚构省里检验方法：覆盖率、名次、等次、宽严，写出 validation.md 和图。"
    "做完的重复留在 --work 里，中断后接着做。"
)
@click.option("--design", "designs", multiple=True, help="设计；可重复，缺省全部。")
@click.option(
    "--repetitions",
    type=click.IntRange(1),
    default=None,
    help="重复次数；缺省：应当成立的设计500次，其余100次。",
)
@click.option("--seed", type=click.IntRange(0), default=2021, show_default=True, help="随机种子。")
@click.option(
    "--work", type=FOLDER, default=Path("study"), show_default=True, help="各次重复的文件夹。"
)
@click.option("--out", type=FOLDER, default=Path("docs"), show_default=True, help="写入的文件夹。")
@_guarded
def study(designs: tuple[str, ...], out: Path, **given: Any) -> None:
    """Try the method where the truth is known."""
    from reports.study import study as run

    path = run(designs, out=out, progress=show_progress, **given)
    click.echo(f"已写入 {path}")


COMMANDS = {
    "study": study,
    "score": score,
    "bulletin": bulletin,
    "particulars": particulars,
    "reconcile": reconcile,
    "verify": verify,
    "assess": assess,
}
"""Command name -> click command, joined by the console script."""

"""The site's commands: import, serve, close, extract, run a job."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from instruments.faults import Fault

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from instruments.catalogue import Checked
    from instruments.extract import Extract
    from survey_app.config import Settings


@click.command("import")
@click.argument("workbook", metavar="工作簿", type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="只检查，不改动任何数据。")
@click.option(
    "--marked",
    type=click.Path(path_type=Path),
    help="有问题时，把标注了问题单元格的工作簿存到这里（须不存在）。",
)
def import_catalogue(workbook: Path, dry_run: bool, marked: Path | None) -> None:
    """导入目录：一个工作簿，或每张工作表一个CSV的文件夹（文件名即工作表名，如 班级.csv）。

    有问题时全部列出，不改动任何数据，退出码为1。
    """
    from survey_app import db
    from survey_app.opening import open_instance
    from survey_app.services.audit import COMMAND
    from survey_app.services.catalogue import check_storable, store_catalogue

    checked = _check(workbook, marked)
    catalogue = checked.catalogue
    engine, _ = open_instance()
    if dry_run:
        with db.look(engine) as session:
            check_storable(session, catalogue)
    else:
        with db.transaction(engine) as session:
            store_catalogue(session, catalogue, by=COMMAND)
    _tell(checked, "检查通过，没有改动数据" if dry_run else "已导入")


@click.command("template")
@click.argument("out", required=False, type=click.Path(path_type=Path))
@click.option("--sample", is_flag=True, help="填好的样例，而不是空白模板。")
def template(out: Path | None, sample: bool) -> None:
    """把目录工作簿的空白模板（或样例）存为OUT（默认 目录模板.xlsx 或 目录样例.xlsx，须不存在）。"""
    from instruments.catalogue_writer import (
        SAMPLE_NAME,
        TEMPLATE_NAME,
        write_sample,
        write_template,
    )

    target = out or Path(SAMPLE_NAME if sample else TEMPLATE_NAME)
    _write_new(target, write_sample() if sample else write_template())
    click.echo(f"已存为 {target}")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听的地址。")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    envvar="PORT",
    help="监听的端口。",
)
def serve(host: str, port: int) -> None:
    """启动站点（一个进程、多个线程），Ctrl+C 或 SIGTERM 停止。"""
    from survey_app.opening import open_instance
    from survey_app.server import port_fault, port_remark
    from survey_app.server import serve as run

    engine, settings = open_instance()
    engine.dispose()  # no connection may be carried into the worker
    if found := port_fault(host, port):
        raise click.ClickException(str(found))
    click.echo(f"站点启动：http://{host}:{port}", err=True)
    if remark := port_remark(settings.base_url, port):
        click.echo(str(remark), err=True)
    run(settings, host=host, port=port)


@click.command("extract")
@click.option(
    "--out", type=click.Path(path_type=Path), help="另存一份到这个文件夹（须不存在或是空的）。"
)
def extract(out: Path | None) -> None:
    """把已关闭的年度封存为数据快照。"""
    from instruments.arrival import arriving_folder, check_empty
    from survey_app.opening import open_instance
    from survey_app.services.audit import COMMAND
    from survey_app.services.extract import seal_cycle

    engine, settings = open_instance()
    if not out:
        sealed = seal_cycle(engine, settings, by=COMMAND)
        click.echo(f"数据快照已封存，校验值 {sealed.sha256}")
        return
    with arriving_folder(out, check=check_empty) as copy:  # fails before sealing, if it must
        sealed = _seal_or_find(engine, settings)
        shutil.copytree(sealed.path, copy, dirs_exist_ok=True)
    click.echo(f"数据快照已封存并另存，校验值 {sealed.sha256}")


def _seal_or_find(engine: Engine, settings: Settings) -> Extract:
    """Seal the closed cycle, or open the extract of one sealed before."""
    from instruments.extract import read_extract
    from survey_app import db, policies
    from survey_app.services.audit import COMMAND
    from survey_app.services.extract import extract_folder, seal_cycle
    from survey_app.services.programme import current_cycle

    with db.look(engine) as session:
        cycle = current_cycle(session)
        may_seal = policies.allowed(lambda: policies.check_can_extract(cycle.state))
        if cycle.extract and not may_seal:
            return read_extract(extract_folder(settings, cycle))
    return seal_cycle(engine, settings, by=COMMAND)


@click.command("run-job", hidden=True)
@click.argument("job", metavar="任务")
def run_job(job: str) -> None:
    """运行一个任务（由站点调用）。"""
    from survey_app.opening import open_instance
    from survey_app.services import jobs

    engine, settings = open_instance()
    jobs.run_job(engine, settings, job)


def _check(workbook: Path, marked: Path | None) -> Checked:
    """The checked catalogue; when it has faults, its workbook is left at ``marked`` with them."""
    from instruments.faults import FaultsFound
    from survey_app.services.imports import check_path, mark_path

    try:
        return check_path(workbook)
    except FaultsFound as found:
        if marked:
            _write_marked(marked, mark_path(workbook), found.faults)
        raise


def _write_marked(marked: Path, content: bytes, faults: tuple[Fault, ...]) -> None:
    """Leave the marked workbook; where that cannot be, the faults are told all the same."""
    try:
        _write_new(marked, content)
    except click.UsageError as problem:
        for one in faults:
            click.echo(str(one), err=True)
        raise click.UsageError(f"{problem.message}；请给 --marked 换一个新文件。") from problem
    click.echo(f"标注了问题的工作簿：{marked}")


def _write_new(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise click.UsageError(f"文件已存在：{path}") from error
    except OSError as error:
        raise click.UsageError(f"不能写入 {path}") from error


def _tell(checked: Checked, outcome: str) -> None:
    from instruments.catalogue_sheets import rows_by_sheet

    catalogue = checked.catalogue
    parts = "、".join(f"{sheet}{count}" for sheet, count in rows_by_sheet(catalogue).items())
    click.echo(f"{catalogue.cycle.title}：{outcome}（{parts}）。")


COMMANDS = {
    command.name: command for command in (template, import_catalogue, serve, extract, run_job)
}

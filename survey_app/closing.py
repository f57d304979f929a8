"""The command `guopei close`: what the button on the board does, from the server."""

from __future__ import annotations

import click


@click.command("close")
@click.option("--drop-paper", is_flag=True, help="作废只录入了一次的纸质问卷。")
def close(drop_paper: bool) -> None:
    """关闭作答：不再接受作答和观察记录。

    还有纸质问卷只录入了一次时不关闭；确定作废的，加 --drop-paper。
    """
    from survey_app import db
    from survey_app.errors import Refused
    from survey_app.opening import open_instance
    from survey_app.services import paper
    from survey_app.services.audit import COMMAND
    from survey_app.services.cycle import close_cycle, destroy_code_key
    from survey_app.services.programme import current_cycle

    engine, settings = open_instance()
    with db.transaction(engine) as session:
        cycle, typed_once = current_cycle(session), sum(paper.entries(session).values())
        if typed_once and not drop_paper:
            raise Refused("paper_unmatched", 409, count=typed_once)
        close_cycle(session, cycle, by=COMMAND)
        title = cycle.title
    destroy_code_key(settings, cycle)
    db.forget_layout(engine)
    click.echo(f"{title}：已关闭作答。")

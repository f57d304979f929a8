"""A small record form with two repeats, a file and a follow-up wave to try contracts on."""

from __future__ import annotations

from instruments.builtin import load_instruments
from instruments.model import Instrument

RECORD = """
| settings |            |         |         |
|          | form_title | form_id | version |
|          | 样例填报   | record  | 1.0     |

| _context |         |              |
|          | key     | value        |
|          | role    | institution  |
|          | per     | project      |
|          | context | project_type |

| survey |                   |         |            |          |                         |
|        | type              | name    | label      | required | relevant                |
|        | begin group       | plan    | 方案       |          |                         |
|        | integer           | planned | 计划人数。 |          |                         |
|        | integer           | present | 参训人数   |          |                         |
|        | select_one yesno  | tender  | 是否招标？ |          |                         |
|        | select_multiple t | topics  | 专题       |          | ${tender} = 'yes'       |
|        | text              | remark  | 说明       |          |                         |
|        | file              | proof   | 凭证       |          |                         |
|        | end group         |         |            |          |                         |
|        | begin repeat      | lessons | 课表       |          |                         |
|        | select_one kind   | kind    | 类别       | yes      |                         |
|        | decimal           | hours   | 学时       |          | ${kind} = 'ethics'      |
|        | end repeat        |         |            |          |                         |
|        | begin repeat      | budget  | 经费       |          |                         |
|        | decimal           | money   | 金额（元） |          |                         |
|        | end repeat        |         |            |          |                         |

| choices |           |        |      |
|         | list_name | name   | label |
|         | yesno     | yes    | 是   |
|         | yesno     | no     | 否   |
|         | t         | law    | 法治 |
|         | t         | safety | 安全 |
|         | kind      | ethics | 师德 |
|         | kind      | other  | 其他 |

| _uses |         |          |
|       | item    | use      |
|       | planned | record   |
|       | present | record   |
|       | tender  | record   |
|       | topics  | record   |
|       | remark  | record   |
|       | proof   | evidence |
|       | kind    | record   |
|       | hours   | record   |
|       | money   | record   |
"""


def record() -> Instrument:
    """The form, compiled."""
    return load_instruments({"record.md": RECORD.encode()})[0]

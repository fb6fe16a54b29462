"""`python -m benchmarks.subjects WHO TASK SCENARIO MODE --port N`: one subject, one task.

Every line on standard input runs one round, and each round prints its figures as JSON.
"""

import sys

from .plan import CROWD_TASKS, SESSION_TASKS, Plan
from .report import report


def main() -> None:
    plan = Plan.parse()
    if plan.task in ("policed", "limited"):
        from .policed import run
    elif plan.task == "bulk":
        from .bulk import run
    elif plan.task in SESSION_TASKS:
        if plan.who == "floor":
            from .floor_sessions import run
        else:
            from .sessions import run
    elif plan.task in CROWD_TASKS:
        if plan.who == "floor":
            from .floor_crowd import run
        else:
            from .crowd import run
    elif plan.who == "floor":
        from .floor import run
    else:
        from .sdk import run
    for _line in sys.stdin:
        report(run(plan))


if __name__ == "__main__":
    main()

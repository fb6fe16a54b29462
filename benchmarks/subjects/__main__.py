"""`python -m benchmarks.subjects WHO TASK SCENARIO MODE --port N`: one subject, one task.

Every line on standard input runs one round, and each round prints its figures as JSON.
"""

import sys

from .plan import SESSION_TASKS, Plan
from .report import report


def main() -> None:
    plan = Plan.parse()
    match plan.who == "floor", plan.task in SESSION_TASKS:
        case True, True:
            from .floor_sessions import run
        case True, False:
            from .floor import run
        case False, True:
            from .sessions import run
        case _:
            from .sdk import run
    for _line in sys.stdin:
        report(run(plan))


if __name__ == "__main__":
    main()

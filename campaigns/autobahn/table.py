"""The table of verdicts, printed and in the docs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

PAGE: Final = Path(__file__).parents[2] / "docs" / "websocket-conformance.md"
BEGIN: Final = "<!-- The verdicts: written by `python -m campaigns.autobahn --write` -->\n"
END: Final = "<!-- end of the verdicts -->\n"

Verdicts = Mapping[str, str]
"""By the number of the case."""


class Group(NamedTuple):
    """Cases that the suite numbers together."""

    number: int
    what: str
    cases: int


GROUPS: Final = (
    Group(1, "framing", 16),
    Group(2, "pings and pongs", 11),
    Group(3, "reserved bits", 7),
    Group(4, "opcodes", 10),
    Group(5, "fragments", 20),
    Group(6, "UTF-8", 145),
    Group(7, "closing", 37),
    Group(10, "messages in frames of any size", 1),
    Group(12, "permessage-deflate, payloads of all kinds", 90),
    Group(13, "permessage-deflate, its parameters", 126),
)
INFORMATIONAL: Final = frozenset({"7.1.6", "7.13.1", "7.13.2"})
"""Cases that report what they saw, and judge nobody."""


def render(roles: Mapping[str, Verdicts], groups: Sequence[Group] = GROUPS) -> str:
    """A line for each group, and their sum; a pair of columns for each role."""
    head = ["group", "", "cases"]
    for role in roles:
        head += [f"{role}: OK", "informational", "other"]
    lines = [head]
    for group in groups:
        lines.append(_line(str(group.number), group.what, [group], roles))
    lines.append(_line("all", "", groups, roles))
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    rows = [
        "  ".join(
            cell.ljust(width) if column == 1 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    rows.insert(1, "-" * len(rows[0]))
    return "\n".join(rows)


def _line(
    number: str, what: str, groups: Iterable[Group], roles: Mapping[str, Verdicts]
) -> list[str]:
    numbers = {str(group.number) for group in groups}
    cells = [number, what, str(sum(group.cases for group in groups))]
    for verdicts in roles.values():
        found = Counter(
            verdict for case, verdict in verdicts.items() if case.partition(".")[0] in numbers
        )
        fine, informational = found.pop("OK", 0), found.pop("INFORMATIONAL", 0)
        cells += [str(fine), str(informational), str(found.total())]
    return cells


def faults(verdicts: Verdicts, groups: Iterable[Group] = GROUPS) -> list[str]:
    """What is not as it has to be: cases with another verdict, and groups that lack some."""
    found = [
        f"{case}: {verdict}"
        for case, verdict in verdicts.items()
        if verdict != ("INFORMATIONAL" if case in INFORMATIONAL else "OK")
    ]
    for group in groups:
        ran = sum(case.startswith(f"{group.number}.") for case in verdicts)
        if ran != group.cases:
            found.append(f"group {group.number}: {ran} of {group.cases} cases")
    return found


def write(table: str) -> None:
    """Put a table into the page, in place of the last."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n```\n{table}\n```\n\n{END}{after}")

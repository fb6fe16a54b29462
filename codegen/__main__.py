"""`python -m codegen [--spec DIR] [--check]`: writes everything, or says what would change."""

import argparse
import sys
from pathlib import Path

from . import api_table, commands
from .description import DEFAULT, load
from .output import ROOT, changed, format_all, generate, write


def main() -> int:
    """Run; the exit status is 1 if `--check` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m codegen", description=__doc__)
    parser.add_argument("--spec", type=Path, default=DEFAULT, metavar="DIR")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    arguments = parser.parse_args()
    if not (arguments.spec / "openapi.json").is_file():
        parser.error(f"no API description in {arguments.spec}: give its folder with --spec")
    files = format_all(generate(load(arguments.spec)))
    if not arguments.check:
        for path in write(files, ROOT):
            print(path)
        for path, text in _told().items():
            (ROOT / path).write_text(text)
            print(path)
        return 0
    different = [*changed(files, ROOT), *_told()]
    for path in different:
        print(f"differs: {path}", file=sys.stderr)
    return 1 if different else 0


def _told() -> dict[str, str]:
    """What tells of the operations that are on the disk, and is not in step with them."""
    return api_table.changed(ROOT) | commands.changed(ROOT)


if __name__ == "__main__":
    sys.exit(main())

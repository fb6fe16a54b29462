"""`python -m tests`: the whole suite, in two processes that share the work; arguments go to both.

What the second says is shown when the first is done. Ends with 1 when either has failed.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
PEERS: Final = ("tests/conformance", "tests/transports", "tests/emulator")
"""What is about connections: about half of the time that all of it takes."""


def main(arguments: list[str]) -> int:
    """Run both halves; 0 when both have passed."""
    pytest = [sys.executable, "-m", "pytest", *arguments]
    with tempfile.TemporaryFile() as said:
        others = subprocess.Popen(
            [*pytest, *(f"--ignore={each}" for each in PEERS)],
            cwd=ROOT,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            failed = subprocess.call([*pytest, *PEERS], cwd=ROOT)
            failed = others.wait() or failed
        finally:
            others.kill()
            others.wait()
        said.seek(0)
        sys.stdout.write(said.read().decode("utf-8", "replace"))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

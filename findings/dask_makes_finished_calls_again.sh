#!/bin/sh
# distributed 2026.8.0: results that had ended are computed again, without a word, when their worker dies.
#
# A result stays in the memory of the worker that made it until it is fetched. With all tasks finished and one worker
# killed, `gather` returns everything, after having run the dead worker's tasks a second time: no error, no
# warning in the client, and every paid call of theirs is paid again. `retries=0` and `pure=False` change nothing.
#
# Seen: 16 tasks that write a line each, all of them finished; the lines after one of two workers was killed and the
# results were gathered. Installing takes some seconds; nothing outside of this machine is talked to.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --disable-pip-version-check install --quiet 'distributed==2026.8.0'
cat > "$work/program.py" <<'PROGRAM'
import os
import signal
import sys
from pathlib import Path

from distributed import Client, LocalCluster, wait

CALLS = Path(sys.argv[1]) / "calls"


def call(number, calls):
    with open(calls, "a") as file:
        file.write(f"{number}\n")
    return number


if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as machine:
        with Client(machine) as cluster:
            futures = cluster.map(call, range(16), calls=str(CALLS), pure=False, retries=0)
            wait(futures)
            assert len(CALLS.read_text().split()) == 16
            os.kill(next(iter(cluster.run(os.getpid).values())), signal.SIGKILL)
            cluster.wait_for_workers(2)
            assert sorted(cluster.gather(futures)) == [*range(16)]
            calls = len(CALLS.read_text().split())
    print(f"16 tasks had ended; calls in all: {calls}")
    assert calls > 16, "nothing was done again"
PROGRAM
"$work/venv/bin/python" "$work/program.py" "$work" 2>"$work/log" || { tail -5 "$work/log"; exit 1; }

#!/bin/sh
# Ray 2.60.0, Ray Data: the event loop of an `async def __call__` stands still while its results are not taken.
#
# Finished batches are put into a bounded `queue.Queue` from within the loop, by a call that blocks. Where whoever
# consumes the dataset is slow and the object store is full, the loop stops with all that runs on it: calls in
# flight are not read, their deadlines pass, and a server sees a client that has gone quiet. It looks like
# timeouts of the server under load. A client with a loop in a thread of its own is not held up.
#
# Seen: a task that ticks every 10 ms beside the batches, in an actor whose consumer takes two seconds for a row, and
# the longest time between two ticks. It takes two minutes; nothing outside of this machine is talked to.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --disable-pip-version-check install --quiet 'ray[data]==2.60.0' typing_extensions
cat > "$work/program.py" <<'PROGRAM'
import asyncio
import time

import ray
import ray.data


class Udf:
    def __init__(self):
        self.ticking, self.worst = None, 0.0

    async def tick(self):
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            now = time.monotonic()
            self.worst, last = max(self.worst, now - last), now

    async def __call__(self, batch):
        self.ticking = self.ticking or asyncio.create_task(self.tick())
        await asyncio.sleep(0.05)
        worst, self.worst = self.worst, 0.0
        return {"worst": [worst], "blob": [b"x" * 20_000_000]}


if __name__ == "__main__":
    ray.init(num_cpus=2, object_store_memory=150_000_000, include_dashboard=False, log_to_driver=False)
    rows = ray.data.range(40, override_num_blocks=1)
    rows = rows.map_batches(Udf, batch_size=1, compute=ray.data.ActorPoolStrategy(size=1), num_cpus=0.1)
    worst = 0.0
    for row in rows.iter_rows():
        time.sleep(2)
        worst = max(worst, row["worst"])
    ray.shutdown()
    print(f"the longest time between two ticks of 10 ms: {worst:.1f} s")
    assert worst > 1, "the loop went on"
PROGRAM
RAY_USAGE_STATS_ENABLED=0 "$work/venv/bin/python" "$work/program.py" 2>"$work/log" || { tail -5 "$work/log"; exit 1; }

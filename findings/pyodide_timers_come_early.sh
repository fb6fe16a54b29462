#!/bin/sh
# Pyodide 314.0.7: timers of its event loop come early, and call_at refuses a moment that has passed.
#
# WebLoop hands delays to setTimeout, which counts in whole milliseconds of a coarse clock, and runs
# those under some milliseconds at once. So asyncio.timeout(seconds) may end before its time by the clock
# of the same loop: code that asks "which deadline has passed?" when it wakes finds none, or another.
# call_at(when) for a moment that has just passed is call_later of a negative delay, a ValueError ("Can't
# schedule in the past"), where other loops call soon: asyncio.timeout_at meets it where its moment passes
# between its own look at the clock and call_at's. Wait again until the clock says so.
#
# Seen: some of 200 timeouts of 20.5 ms end before 20.5 ms; call_at(time() - 0.001) raises ValueError.
# Needs: node, npm.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" pyodide@314.0.7
cat > "$work/run.mjs" <<'PROGRAM'
import { loadPyodide } from "pyodide";
const pyodide = await loadPyodide();
await pyodide.runPythonAsync(`
import asyncio

loop = asyncio.get_running_loop()
early = 0
for _ in range(200):
    begun = loop.time()
    try:
        async with asyncio.timeout(0.0205):
            await loop.create_future()
    except TimeoutError:
        early += loop.time() - begun < 0.0205
print(early, "of 200 timeouts came early")
assert early > 0
try:
    loop.call_at(loop.time() - 0.001, print)
except ValueError as error:
    print("call_at:", error)
else:
    raise AssertionError("it was scheduled")
`);
process.exit(0);
PROGRAM
cd "$work" && node run.mjs

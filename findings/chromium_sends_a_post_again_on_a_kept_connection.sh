#!/bin/sh
# Chromium 156: a POST whose kept connection is closed without an answer is sent again by the browser.
#
# A server may read a whole POST, execute it and lose its connection before it has answered. On a
# connection that had served a request before, Chromium takes that for one that was idle and dead: it
# sends the POST again on a new one, although POST is not idempotent (RFC 9110 section 9.2.2), and the
# page's fetch() sees one answer. What must not happen twice needs a key in the request by which the
# server tells; a count of calls in the page does not match the server's.
#
# Seen: of one fetch() in the page the server reads the body "second" twice.
# Needs: chromium, node.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/server.mjs" <<'PROGRAM'
import net from "node:net";
import { spawn } from "node:child_process";

const page = `<script>
  (async () => {
    for (const body of ["first", "second"])
      await (await fetch("/call", { method: "POST", body })).text();
    await fetch("/done");
  })().catch(() => fetch("/failed"));
</script>`;
const answer = (text) => `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
let seen = 0, browser;
const end = (what) => {
  browser.kill();
  console.log(`${what}: the server has read "second" ${seen} time(s)`);
  process.exit(what === "done" && seen === 2 ? 0 : 1);
};
const server = net.createServer((socket) => {
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (data) => {
    text += data;
    if (!text.includes("\r\n\r\n") || (text.startsWith("POST") && !/(first|second)$/.test(text))) return;
    const request = text;
    text = "";
    if (request.startsWith("GET /done")) end("done");
    else if (request.startsWith("GET /failed")) end("failed");
    else if (request.endsWith("second") && ++seen === 1) socket.destroy();
    else socket.write(answer(request.startsWith("POST") ? "ok" : page));
  });
}).listen(0, "127.0.0.1", () => {
  const options = ["--headless=new", "--no-sandbox", "--disable-gpu", `--user-data-dir=${process.argv[2]}`];
  browser = spawn("chromium", [...options, `--remote-debugging-port=0`, `http://127.0.0.1:${server.address().port}/`], { stdio: "ignore" });
  setTimeout(() => end("nothing came"), 30000);
});
PROGRAM
node "$work/server.mjs" "$work/profile"

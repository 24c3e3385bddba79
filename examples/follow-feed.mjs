// Follow the feed of exposures: keep a file with exactly what the public may see now.
//
//     node examples/follow-feed.mjs http://127.0.0.1:8082 TOKEN shown.json
//
// Node 18 or newer, and no package. The file is replaced whole at each change; beside what is shown it
// holds the id of the last event, so the program goes on where it was stopped. It ends when the token
// is not good (any more), and comes again after everything else.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const SILENCE_MS = 35_000; // a heartbeat comes every 10 s; nothing for this long: the line is dead
const AGAIN_MS = 2_000;
const [url, token, path] = process.argv.slice(2);

const kept = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
let last = kept.last ?? "";
let entries = new Map(Object.entries(kept.entries ?? {}));
let coming = null; // what a reset has announced and is not all there yet
let wanted = 0;

function take(name, content, place) {
  if (name === "reset") {
    // All that stands follows; until it is there, what was shown stays.
    coming = new Map();
    wanted = content.exposures;
  } else if (coming && coming.size < wanted) {
    coming.set(content.entry_id, content.exposure);
  } else if (name === "exposed") {
    entries.set(content.entry_id, content.exposure);
  } else if (name === "withdrawn") {
    entries.delete(content.entry_id);
  }
  if (coming && coming.size === wanted) {
    entries = new Map([...coming].filter(([, exposure]) => exposure));
    coming = null;
  }
  last = place || last;
  writeFileSync(`${path}.part`, JSON.stringify({ last, entries: Object.fromEntries(entries) }));
  renameSync(`${path}.part`, path);
}

async function follow() {
  const headers = { Authorization: `Bearer ${token}`, Accept: "text/event-stream" };
  if (last) headers["Last-Event-ID"] = last;
  const silence = new AbortController();
  let alarm = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const answer = await fetch(`${url}/v1/exposures/stream`, { headers, signal: silence.signal });
    if (answer.status === 401 || answer.status === 403) {
      console.error(`the feed does not know this token: ${await answer.text()}`);
      process.exit(1);
    }
    if (!answer.ok) return;
    let event = { name: "", data: "", place: "" };
    let rest = "";
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(alarm);
      alarm = setTimeout(() => silence.abort(), SILENCE_MS);
      const lines = (rest + part).split(/\r?\n/);
      rest = lines.pop();
      for (const line of lines) {
        const at = line.indexOf(": ");
        const [field, text] = [line.slice(0, at), line.slice(at + 2)];
        if (line === "" && event.data) {
          take(event.name, JSON.parse(event.data), event.place);
          event = { name: "", data: "", place: "" };
        } else if (field === "event") event.name = text;
        else if (field === "data") event.data += text;
        else if (field === "id") event.place = text;
      }
    }
  } finally {
    clearTimeout(alarm);
  }
}

for (;;) {
  try {
    await follow();
  } catch (away) {
    console.error(`the feed is away (${away.message}); trying again`);
  }
  await sleep(AGAIN_MS);
}

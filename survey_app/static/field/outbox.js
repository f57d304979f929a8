// Sends what is finished, one record at a time, and believes nothing but the hash of what is stored.

import { WAITING, readRecords } from "./store.js";
import { acknowledge, fingerprint, noteSent } from "./records.js";

const FIRST = 1000, LONGEST = 300000;
export const SIGN_IN = "sign in", REFUSED = "refused", OFFLINE = "offline", TROUBLE = "trouble";

// The pack as it is now, with a token that is good now; the device's own may be a week old.
export async function askPack() {
  const reply = await fetch("/expert/field/pack", { redirect: "manual", cache: "no-store" });
  if (reply.type === "opaqueredirect") throw { why: SIGN_IN };
  if (!reply.ok) throw { why: TROUBLE, status: reply.status };
  return reply.json();
}

async function send(record, csrf) {
  const sha = await fingerprint(record.content);
  await noteSent(record.key, record.content, sha);
  const reply = await fetch("/expert/field/records", {
    method: "POST", body: record.content, redirect: "manual",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
  });
  if (reply.type === "opaqueredirect") throw { why: SIGN_IN };
  let told = null;
  try { told = await reply.json(); } catch (error) { throw { why: TROUBLE, status: reply.status }; }
  if (reply.ok && told.sha256 === sha) return acknowledge(record.key, record.content, told);
  const final = reply.status === 400 || reply.status === 404;
  throw { why: final ? REFUSED : TROUBLE, status: reply.status, message: told.message || "" };
}

// One pass over all that waits. Resolves with what stopped it, null when all is delivered, undefined
// when nothing waited; what was refused does not stop the others.
async function pass(tell) {
  const waiting = (await readRecords()).filter((record) => record.state === WAITING);
  if (!waiting.length) return undefined;
  let stopped = null, csrf = "";
  try { csrf = (await askPack()).csrf; } catch (error) { return error.why ? error : { why: OFFLINE }; }
  for (const record of waiting) {
    try {
      await send(record, csrf);
    } catch (error) {
      stopped = error.why ? error : { why: OFFLINE };
      stopped.key = record.key;
      if (stopped.why !== REFUSED) return stopped;
    }
    await tell();
  }
  return stopped;
}

// Keeps sending until nothing waits: at once, when the network comes back, and after growing pauses
// with jitter. Only one tab sends at a time.
export function startOutbox(tell) {
  let failures = 0, timer = 0, running = false, again = false;
  async function run() {
    clearTimeout(timer);
    if (running) { again = true; return; }
    running = true;
    let stopped = null;
    do {
      again = false;
      stopped = await navigator.locks.request("guopei-outbox", () => pass(() => tell(null)));
    } while (again);
    running = false;
    await tell(stopped);
    if (!stopped || stopped.why === SIGN_IN || stopped.why === REFUSED) { failures = 0; return; }
    const pause = Math.min(LONGEST, FIRST * 2 ** failures) * (0.5 + Math.random());
    failures += 1;
    timer = setTimeout(run, pause);
  }
  window.addEventListener("online", () => { failures = 0; run(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) run(); });
  return run;
}

// Sends what is finished, one thing at a time, and believes nothing but the hash of what is stored:
// records first, then the photos that they name, then the signatures of visits.

import { DELIVERED, PHOTOS, SIGNATURES, WAITING, changeOne, readAll, readBytes, readPack, readRecords }
  from "./store.js";
import { acknowledge, fingerprint, noteSent } from "./records.js";
import { acknowledgeSignature } from "./signing.js";

const FIRST = 1000, LONGEST = 300000;
export const SIGN_IN = "sign in", REFUSED = "refused", OFFLINE = "offline", TROUBLE = "trouble";

// The pack as it is now, with a token that is good now; the device's own may be a week old.
export async function askPack() {
  const reply = await fetch("/expert/field/pack", { redirect: "manual", cache: "no-store" });
  if (reply.type === "opaqueredirect") throw { why: SIGN_IN };
  if (!reply.ok) throw { why: TROUBLE, status: reply.status };
  return reply.json();
}

async function ask(path, csrf, body, kind) {
  const posted = body === undefined ? { cache: "no-store" } : {
    method: "POST", body, headers: { "Content-Type": kind, "X-CSRFToken": csrf },
  };
  const reply = await fetch(`/expert/field/${path}`, { redirect: "manual", ...posted });
  if (reply.type === "opaqueredirect") throw { why: SIGN_IN };
  let told = null;
  try { told = await reply.json(); } catch (error) { throw { why: TROUBLE, status: reply.status }; }
  if (reply.ok) return told;
  const final = reply.status === 400 || reply.status === 404;
  throw { why: final ? REFUSED : TROUBLE, status: reply.status, message: told.message || "" };
}

async function sendText(path, csrf, content) {
  const told = await ask(path, csrf, content, "application/json");
  if (told.sha256 !== await fingerprint(content)) throw { why: TROUBLE, status: 200 };
  return told;
}

async function sendRecord(record, { csrf }) {
  await noteSent(record.key, record.content, await fingerprint(record.content));
  return acknowledge(record.key, record.content, await sendText("records", csrf, record.content));
}

// Goes on where the server says it stopped.
async function sendPhoto({ id, sha256 }, { csrf, limits }) {
  const path = `photos/${sha256}`, bytes = await readBytes(id);
  let state = await ask(path);
  while (!state.done) {
    const piece = bytes.slice(state.have, state.have + limits.part);
    const next = await ask(`${path}?at=${state.have}`, csrf, piece, "application/octet-stream");
    if (!next.done && next.have <= state.have) throw { why: TROUBLE, status: 200 };
    state = next;
  }
  return changeOne(PHOTOS, id, (kept) => kept && { ...kept, state: DELIVERED, refusal: state.refusal });
}

async function sendSignature(signature, { csrf }) {
  const { visit, content } = signature;
  return acknowledgeSignature(visit, content, await sendText("signatures", csrf, content));
}

// A device may serve several experts: what one has written is sent when that one is signed in.
export const isOf = (record, expert) => !record.expert || record.expert === expert;

// What waits, in the order in which it may leave: a photo once its record has been delivered.
export async function waiting(expert) {
  const [all, photos, signatures] = await Promise.all([readRecords(), readAll(PHOTOS), readAll(SIGNATURES)]);
  const records = all.filter((one) => isOf(one, expert));
  const there = new Set(records.filter((one) => one.state === DELIVERED).map((one) => one.key));
  const found = [];
  for (const one of records) if (one.state === WAITING) found.push([one.key, (pack) => sendRecord(one, pack)]);
  for (const one of photos) {
    const names = records.find((record) => record.key === one.key);
    const named = names && (names.photos || []).some((photo) => photo.sha256 === one.sha256);
    if (one.state === WAITING && there.has(one.key) && named) found.push([one.key, (pack) => sendPhoto(one, pack)]);
  }
  for (const one of signatures) {
    const its = records.filter((record) => record.visit === one.visit);
    if (one.state === WAITING && its.length && its.every((record) => record.state === DELIVERED)) found.push([one.visit, (pack) => sendSignature(one, pack)]);
  }
  return found;
}

// One pass over all that waits. Resolves with what stopped it, null when all is delivered, undefined
// when nothing waited; what was refused does not stop the others.
async function pass(tell) {
  let stopped, pack = null;
  const refused = new Set(), kept = await readPack();
  for (;;) {
    const me = (pack || kept || { expert: {} }).expert.code;
    const next = (await waiting(me)).find(([key]) => !refused.has(key));
    if (!next) return stopped;
    if (stopped === undefined) stopped = null;
    try {
      if (!pack) { pack = await askPack(); continue; } // who is signed in now, and what lets us post
      await next[1](pack);
    } catch (error) {
      stopped = error && error.why ? error : { why: OFFLINE };
      if (stopped.why !== REFUSED) return stopped;
      refused.add(next[0]);
    }
    await tell();
  }
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

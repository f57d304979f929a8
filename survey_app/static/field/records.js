// A record's life on the device: begun by its first change, finished, sent, delivered. Its id is made
// in the transaction that stores the first change, so that no two tabs begin it twice.

import { DELIVERED, DRAFT, WAITING, changeRecord, keyOf, randomId } from "./store.js";

const MOST_EARLIER = 100;

// The same document gives the same bytes on every device.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

export async function fingerprint(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (one) => one.toString(16).padStart(2, "0")).join("");
}

function begun(place, form) {
  return {
    key: keyOf(place.visit, place.session), visit: place.visit, session: place.session,
    record: place.record || randomId(), base: place.revision, earlier: [],
    instrument: form.code, version: form.version,
    answers: place.answers, state: DRAFT, content: "", standing: "", faults: {}, at: 0,
  };
}

// Stores the answers as they stand. Where nothing has changed nothing is written.
export function saveDraft(place, form, answers) {
  return changeRecord(keyOf(place.visit, place.session), (kept) => {
    const record = kept || begun(place, form);
    if (kept && canonical(kept.answers) === canonical(answers)) return null;
    return { ...record, answers, state: DRAFT, content: "", faults: {}, at: Date.now() };
  });
}

// What was delivered from here and changed elsewhere since goes on from there.
export function adopt(place) {
  return changeRecord(keyOf(place.visit, place.session), (record) => {
    if (!record || record.state !== DELIVERED || place.revision <= record.base) return null;
    return { ...record, record: place.record, base: place.revision, answers: place.answers };
  });
}

// From here on the record is one text, which is sent as it is.
export function finish(key) {
  return changeRecord(key, (record) => {
    if (!record || record.state !== DRAFT) return null;
    const { visit, session, instrument, version, base, answers } = record;
    const earlier = record.earlier.slice(-MOST_EARLIER);
    const told = { record: record.record, visit, session, instrument, version, base, earlier, answers };
    return { ...record, state: WAITING, content: canonical(told), at: Date.now() };
  });
}

// Before it leaves: should the reply be lost, later uploads can name this one.
export function noteSent(key, content, sha) {
  return changeRecord(key, (record) => {
    if (!record || record.content !== content || record.earlier.includes(sha)) return null;
    return { ...record, earlier: [...record.earlier, sha] };
  });
}

// The server has answered with the hash of what it stored, and it is ours.
export function acknowledge(key, content, reply) {
  return changeRecord(key, (record) => {
    if (!record) return null;
    const taken = reply.standing === "taken";
    const known = taken ? { record: reply.record, base: reply.revision, earlier: [] } : {};
    const changed = record.content !== content; // written on meanwhile: still a draft
    if (changed) return { ...record, ...known };
    return { ...record, ...known, state: DELIVERED, standing: reply.standing, sha256: reply.sha256,
      faults: reply.faults, at: Date.now() };
  });
}

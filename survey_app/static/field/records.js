// A record's life on the device: begun by its first change, finished, sent, delivered. Its id is made
// in the transaction that stores the first change, so that no two tabs begin it twice.

import { BYTES, DELIVERED, DRAFT, PHOTOS, WAITING, changeRecord, keyOf, randomId, writeRecord }
  from "./store.js";

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

export async function fingerprint(content) {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (one) => one.toString(16).padStart(2, "0")).join("");
}

function begun(place, form) {
  return {
    key: keyOf(place.visit, place.session), visit: place.visit, session: place.session,
    expert: place.expert, left: 0,
    record: place.record || randomId(), base: place.revision, earlier: [],
    instrument: form.code, version: form.version, photos: [], audit: [], place: null,
    answers: place.answers, state: DRAFT, content: "", standing: "", faults: {}, at: 0,
  };
}

function change(place, form, made, also) {
  return writeRecord(place.visit, keyOf(place.visit, place.session), (kept) => {
    const record = { photos: [], audit: [], place: null, ...(kept || begun(place, form)) };
    const changed = made(record, Boolean(kept));
    return changed && { ...changed, state: DRAFT, content: "", faults: {}, at: Date.now() };
  }, also);
}

// Stores the answers as they stand, with the trail of how they came. Where nothing has changed
// nothing is written.
export function saveDraft(place, form, answers, audit = []) {
  return change(place, form, (record, kept) => {
    if (kept && canonical(record.answers) === canonical(answers)) return null;
    return { ...record, answers, audit };
  });
}

// A photo and the record that names it are stored together, or neither.
export function addPhoto(place, form, item, photo) {
  const key = keyOf(place.visit, place.session);
  const { sha256, size, original, bytes } = photo;
  const id = `${key} ${sha256}`;
  return change(place, form, (record) => {
    if (record.photos.some((one) => one.sha256 === sha256 && one.item === item)) return null;
    return { ...record, photos: [...record.photos, { item, sha256, size, original }] };
  }, (stores) => {
    stores[PHOTOS].put({ id, key, sha256, size, state: WAITING, refusal: "", at: Date.now() });
    stores[BYTES].put(bytes, id);
  });
}

export function dropPhoto(place, form, item, sha256) {
  const id = `${keyOf(place.visit, place.session)} ${sha256}`;
  let last = false;
  return change(place, form, (record) => {
    const photos = record.photos.filter((one) => one.sha256 !== sha256 || one.item !== item);
    last = !photos.some((one) => one.sha256 === sha256);
    return { ...record, photos };
  }, (stores) => { if (last) { stores[PHOTOS].delete(id); stores[BYTES].delete(id); } });
}

// Where the expert is, if the expert agrees; null takes it back.
export function savePlace(place, form, where) {
  return change(place, form, (record) => ({ ...record, place: where }));
}

// What was delivered from here and changed elsewhere since goes on from there; what was kept aside
// stays until its expert has said which one counts.
export function adopt(place) {
  return changeRecord(keyOf(place.visit, place.session), (record) => {
    const taken = record && record.state === DELIVERED && record.standing === "taken";
    if (!taken || place.revision <= record.base) return null;
    return { ...record, record: place.record, base: place.revision, answers: place.answers, content: "" };
  });
}

// From here on the record is one text, which is sent as it is.
export function finished(record) {
  const { visit, session, instrument, version, base, answers } = record;
  const told = {
    record: record.record, visit, session, instrument, version, base, answers,
    earlier: record.earlier.slice(-MOST_EARLIER), photos: record.photos || [],
    audit: record.audit || [], place: record.place || null,
  };
  return { ...record, state: WAITING, content: canonical(told), at: Date.now() };
}

// `left`: items that must be answered before signing and are not, or not rightly.
export function finish(key, audit, left) {
  return changeRecord(key, (record) => (
    record && record.state === DRAFT ? finished({ ...record, audit, left }) : null));
}

// The site has another record of this session: take that one here, or go on with this one from there.
export function settle(place, mine) {
  return changeRecord(keyOf(place.visit, place.session), (record) => {
    if (!record || record.state !== DELIVERED || record.standing === "taken") return null;
    const known = { record: place.record, base: place.revision, earlier: [], content: "", faults: {} };
    if (mine) return { ...record, ...known, state: DRAFT, at: Date.now() };
    return { ...record, ...known, answers: place.answers, photos: [], standing: "taken", at: Date.now() };
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

// A visit's signature: it names the very texts of the records that it signs.

import { DELIVERED, RECORDS, SIGNATURES, WAITING, changeOne, keyOf, randomId, readRecord, within }
  from "./store.js";
import { canonical, fingerprint } from "./records.js";

// Finished, with nothing left out and nothing that the server found wrong.
const signed = (record) => record && record.content && record.state !== "draft" && !record.left &&
  !Object.keys(record.faults).length;

// Which sessions of the visit lack a finished record on this device.
export function unfinished(visit, byKey) {
  return visit.sessions.filter((one) => !signed(byKey.get(keyOf(visit.code, one.code))));
}

// Signs what is finished; null when a record was changed in the same moment.
export async function sign(visit) {
  const keys = visit.sessions.map((one) => keyOf(visit.code, one.code));
  const records = await Promise.all(keys.map(readRecord));
  if (!records.every(signed)) return null;
  const hashes = await Promise.all(records.map((one) => fingerprint(one.content)));
  const signs = Object.fromEntries(records.map((one, n) => [one.session, hashes[n]]));
  const record = randomId(), content = canonical({ record, visit: visit.code, signs });
  const made = { visit: visit.code, record, content, state: WAITING, standing: "", at: Date.now() };
  return within([RECORDS, SIGNATURES], "readwrite", (stores, found) => {
    let left = keys.length;
    keys.forEach((key, n) => {
      stores[RECORDS].get(key).onsuccess = (event) => {
        const now = event.target.result;
        if (!now || now.content !== records[n].content) return;
        left -= 1;
        if (!left) { stores[SIGNATURES].put(made); found.value = made; }
      };
    });
  });
}

// A signature that has not left may be taken back; so may one that signed nothing.
export function withdraw(visit) {
  return within([SIGNATURES], "readwrite", (stores) => {
    stores[SIGNATURES].get(visit).onsuccess = (event) => {
      const kept = event.target.result;
      if (kept && kept.standing !== "taken") stores[SIGNATURES].delete(visit);
    };
  });
}

// The server has answered with the hash of what it stored, and it is ours.
export function acknowledgeSignature(visit, content, reply) {
  return changeOne(SIGNATURES, visit, (kept) => {
    if (!kept || kept.content !== content) return null;
    return { ...kept, state: DELIVERED, standing: reply.standing, at: Date.now() };
  });
}

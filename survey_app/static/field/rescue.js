// The rescue file: all that has not been delivered, encrypted by a passphrase, for the day on which
// this device cannot send it itself. Read in on any device of the same expert, it is sent from there.

import { BYTES, DELIVERED, DRAFT, PHOTOS, RECORDS, SIGNATURES, WAITING, readAll, readBytes, within }
  from "./store.js";
import { canonical, finished } from "./records.js";
import { isOf } from "./outbox.js";

const FORMAT = "guopei-rescue", ITERATIONS = 600000, MOST_ITERATIONS = 5000000, CHUNK = 32768;
export const LEAST_WORDS = 8;

function toText(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

const toBytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

async function keyOfWords(words, salt, iterations) {
  const base = await crypto.subtle.importKey("raw", new TextEncoder().encode(words), "PBKDF2", false, ["deriveKey"]);
  const way = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(way, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

// What is still only here: records, their photos with their bytes, signatures.
async function undelivered(expert) {
  const [all, photos, signatures] = await Promise.all([RECORDS, PHOTOS, SIGNATURES].map(readAll));
  const records = all.filter((one) => isOf(one, expert));
  const mine = new Set(records.map((one) => one.key)), visits = new Set(records.map((one) => one.visit));
  const kept = photos.filter((one) => one.state !== DELIVERED && mine.has(one.key));
  const carried = [];
  for (const one of kept) carried.push({ ...one, bytes: toText(new Uint8Array(await readBytes(one.id))) });
  const of = new Set(kept.map((one) => one.key));
  return {
    records: records.filter((one) => one.state !== DELIVERED || of.has(one.key)),
    photos: carried,
    signatures: signatures.filter((one) => one.state !== DELIVERED && visits.has(one.visit)),
  };
}

export async function makeRescue(words, expert) {
  const salt = crypto.getRandomValues(new Uint8Array(16)), iv = crypto.getRandomValues(new Uint8Array(12));
  const told = new TextEncoder().encode(canonical(await undelivered(expert)));
  const key = await keyOfWords(words, salt, ITERATIONS);
  const data = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, told));
  return canonical({
    format: FORMAT, version: 1, expert, kdf: "PBKDF2-SHA-256", iterations: ITERATIONS, cipher: "AES-256-GCM",
    salt: toText(salt), iv: toText(iv), data: toText(data),
  });
}

// By the share sheet where there is one for files, else as a download.
export async function handOut(text, name) {
  const file = new File([text], name, { type: "application/json" });
  if (navigator.canShare && navigator.canShare({ files: [file] })) {
    try { await navigator.share({ files: [file] }); return; } catch (error) { if (error.name === "AbortError") return; }
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

async function opened(text, words, expert) {
  const file = JSON.parse(text);
  if (file.format !== FORMAT || file.version !== 1 || file.expert !== expert) throw new Error("other");
  if (!(file.iterations > 0 && file.iterations <= MOST_ITERATIONS)) throw new Error("other");
  const key = await keyOfWords(words, toBytes(file.salt), file.iterations);
  const way = { name: "AES-GCM", iv: toBytes(file.iv) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(way, key, toBytes(file.data))));
}

// Puts what the file holds beside what is here. What is here stays as it is: a record that differs
// waits under a name of its own, and the server keeps it as a copy.
export async function takeIn(text, words, expert) {
  const told = await opened(text, words, expert);
  return within([RECORDS, PHOTOS, BYTES, SIGNATURES], "readwrite", (stores, found) => {
    found.value = { records: told.records.length, photos: told.photos.length };
    for (const record of told.records) putRecord(stores, record, told.photos.filter((one) => one.key === record.key));
    for (const one of told.signatures) {
      stores[SIGNATURES].get(one.visit).onsuccess = (event) => {
        if (!event.target.result) stores[SIGNATURES].put(one);
      };
    }
  });
}

const same = (one, other) => canonical([one.answers, one.photos]) === canonical([other.answers, other.photos]);

function putRecord(stores, record, photos) {
  stores[RECORDS].get(record.key).onsuccess = (event) => {
    const here = event.target.result;
    const apart = here && !same(here, record);
    const key = apart ? `${record.key} ${record.record.slice(0, 8)} ${record.at}` : record.key;
    const ready = apart && record.state === DRAFT ? finished(record) : record;
    if (!here || apart) stores[RECORDS].put({ ...ready, key });
    for (const { bytes, ...photo } of photos) {
      const id = `${key} ${photo.sha256}`;
      stores[PHOTOS].get(id).onsuccess = (known) => {
        if (known.target.result) return;
        stores[PHOTOS].put({ ...photo, key, id, state: WAITING });
        stores[BYTES].put(toBytes(bytes).buffer, id);
      };
    }
  };
}

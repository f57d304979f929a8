// What an expert's device keeps: the pack; one record for each visit and session; the bytes of photos;
// one signature for each visit. All of it in one database of the browser; every change is one
// transaction, told only once it is on the disk.

const NAME = "guopei-field", VERSION = 2;
export const DRAFT = "draft", WAITING = "waiting", DELIVERED = "delivered";
export const RECORDS = "records", PHOTOS = "photos", BYTES = "bytes", SIGNATURES = "signatures";
const PACKS = "packs", KEYS = { [RECORDS]: "key", [PHOTOS]: "id", [SIGNATURES]: "visit" };

let opened = null;

function open() {
  opened = opened || new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => {
      const db = asked.result, there = db.objectStoreNames;
      for (const name of [PACKS, BYTES]) if (!there.contains(name)) db.createObjectStore(name);
      for (const [name, keyPath] of Object.entries(KEYS)) {
        if (!there.contains(name)) db.createObjectStore(name, { keyPath });
      }
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = () => { asked.result.close(); opened = null; };
      resolve(asked.result);
    };
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  }).catch((error) => { opened = null; throw error; });
  return opened;
}

// Runs work(stores, found) in one transaction over these stores and resolves with what it left in
// `found.value` once all of it is committed.
export async function within(names, mode, work) {
  const db = await open();
  return new Promise((resolve, reject) => {
    const change = db.transaction(names, mode, { durability: "strict" });
    const found = {};
    change.oncomplete = () => resolve(found.value);
    change.onabort = () => reject(change.error || new Error("aborted"));
    work(Object.fromEntries(names.map((name) => [name, change.objectStore(name)])), found);
  });
}

export const keyOf = (visit, session) => `${visit}/${session}`;

function read(name, key) {
  return within([name], "readonly", (stores, found) => {
    stores[name].get(key).onsuccess = (event) => { found.value = event.target.result || null; };
  });
}

export function readAll(name) {
  return within([name], "readonly", (stores, found) => {
    stores[name].getAll().onsuccess = (event) => { found.value = event.target.result; };
  });
}

export const readPack = () => read(PACKS, "pack");
export const readForm = (code, version) => read(PACKS, `form ${code} ${version}`);
export const readRecord = (key) => read(RECORDS, key);
export const readRecords = () => readAll(RECORDS);
export const readBytes = (id) => read(BYTES, id);

// The rubric is kept for each version, for records that were begun on an earlier one.
export function writePack(pack) {
  return within([PACKS], "readwrite", (stores) => {
    stores[PACKS].put(pack, "pack");
    stores[PACKS].put(pack.form, `form ${pack.form.code} ${pack.form.version}`);
  });
}

// Reads, changes and writes one thing in one transaction, so that two tabs never write past each
// other. `change` gets what is there or null, and returns what is to be written, or null for nothing.
export function changeOne(name, key, change) {
  return within([name], "readwrite", (stores, found) => {
    stores[name].get(key).onsuccess = (event) => {
      const made = change(event.target.result || null);
      found.value = made;
      if (made) stores[name].put(made);
    };
  });
}

export const changeRecord = (key, change) => changeOne(RECORDS, key, change);

// The same for a record whose visit may be signed meanwhile: what is signed is not written any more.
// `also` runs in the same transaction, with the stores, when something is written.
export function writeRecord(visit, key, change, also = () => {}) {
  return within([RECORDS, PHOTOS, BYTES, SIGNATURES], "readwrite", (stores, found) => {
    stores[SIGNATURES].get(visit).onsuccess = (sealed) => {
      if (sealed.target.result) return;
      stores[RECORDS].get(key).onsuccess = (event) => {
        const made = change(event.target.result || null);
        found.value = made;
        if (made) { stores[RECORDS].put(made); also(stores); }
      };
    };
  });
}

// Bytes of photos that the server has and whose visit is signed need no room here any more.
export function tidy(pack) {
  const over = new Set(pack.visits.filter((visit) => visit.signed).map((visit) => visit.code));
  return within([PHOTOS, BYTES], "readwrite", (stores) => {
    stores[PHOTOS].getAll().onsuccess = (event) => {
      for (const one of event.target.result) {
        if (one.state === DELIVERED && !one.refusal && over.has(one.key.split("/")[0])) stores[BYTES].delete(one.id);
      }
    };
  });
}

export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)),
    (one) => one.toString(16).padStart(2, "0")).join("");
}

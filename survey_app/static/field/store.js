// What an expert's device keeps: the pack, and one record for each visit and session. All of it in
// one database of the browser; every change is one transaction, told only once it is on the disk.

const NAME = "guopei-field", VERSION = 1;
export const DRAFT = "draft", WAITING = "waiting", DELIVERED = "delivered";

let opened = null;

function open() {
  opened = opened || new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("packs");
      asked.result.createObjectStore("records", { keyPath: "key" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  }).catch((error) => { opened = null; throw error; });
  return opened;
}

// Runs work(store) in a transaction and resolves with what it left in `found` once it is committed.
async function within(name, mode, work) {
  const db = await open();
  return new Promise((resolve, reject) => {
    const change = db.transaction(name, mode, { durability: "strict" });
    const found = {};
    change.oncomplete = () => resolve(found.value);
    change.onabort = () => reject(change.error || new Error("aborted"));
    work(change.objectStore(name), found);
  });
}

export const keyOf = (visit, session) => `${visit}/${session}`;

export function readPack() {
  return within("packs", "readonly", (store, found) => {
    store.get("pack").onsuccess = (event) => { found.value = event.target.result || null; };
  });
}

// The rubric is kept for each version, for records that were begun on an earlier one.
export function writePack(pack) {
  return within("packs", "readwrite", (store) => {
    store.put(pack, "pack");
    store.put(pack.form, `form ${pack.form.code} ${pack.form.version}`);
  });
}

export function readForm(code, version) {
  return within("packs", "readonly", (store, found) => {
    store.get(`form ${code} ${version}`).onsuccess = (event) => { found.value = event.target.result || null; };
  });
}

export function readRecord(key) {
  return within("records", "readonly", (store, found) => {
    store.get(key).onsuccess = (event) => { found.value = event.target.result || null; };
  });
}

export function readRecords() {
  return within("records", "readonly", (store, found) => {
    store.getAll().onsuccess = (event) => { found.value = event.target.result; };
  });
}

// Reads, changes and writes one record in one transaction, so that two tabs never write past each
// other. `change` gets the record or null, and returns what is to be written, or null for nothing.
export function changeRecord(key, change) {
  return within("records", "readwrite", (store, found) => {
    store.get(key).onsuccess = (event) => {
      const made = change(event.target.result || null);
      found.value = made;
      if (made) store.put(made);
    };
  });
}

export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)),
    (one) => one.toString(16).padStart(2, "0")).join("");
}

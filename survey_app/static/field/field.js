// The expert's pages without a signal: the visits, what has become of each record, what is to be sent.

import { DELIVERED, DRAFT, PHOTOS, SIGNATURES, WAITING, keyOf, readAll, readPack, readRecords, tidy, writePack }
  from "./store.js";
import { adopt, settle } from "./records.js";
import { OFFLINE, REFUSED, SIGN_IN, askPack, isOf, startOutbox } from "./outbox.js";
import { sign, unfinished, withdraw } from "./signing.js";
import { LEAST_WORDS, handOut, makeRescue, takeIn } from "./rescue.js";
import { button, element, standing, words } from "./parts.js";
import { showSession } from "./rubric.js";

const home = document.getElementById("home"), view = document.getElementById("view");
const said = document.getElementById("said"), told = document.getElementById("told");

function say(text) { said.textContent = text; }

// --- the pack -------------------------------------------------------------------------------------

async function fetchPack() {
  const pack = await askPack();
  delete pack.csrf;
  await writePack(pack);
  for (const place of places(pack, [])) await adopt(place);
  await tidy(pack);
  return pack;
}

// Every session with what its page needs; one whose visit is signed here is closed.
function places(pack, signatures) {
  const sealed = new Set(signatures.map((one) => one.visit));
  return pack.visits.flatMap((visit) => visit.sessions.map((session) => ({
    visit: visit.code, session: session.code, record: session.record, revision: session.revision,
    answers: session.answers, about: visit, title: session.title, date: session.date,
    lecturer: session.lecturer, expert: pack.expert.code, open: visit.open && !sealed.has(visit.code), sealed: sealed.has(visit.code),
  })));
}

async function askForRoom() {
  const storage = navigator.storage;
  if (!storage || !storage.persist) return;
  const lasting = (await storage.persisted()) || (await storage.persist());
  told.textContent = lasting ? words.lasting : words.fleeting;
}

// --- lists ----------------------------------------------------------------------------------------

async function showHome() {
  const [pack, all, photos, signatures] = await Promise.all(
    [readPack(), readRecords(), readAll(PHOTOS), readAll(SIGNATURES)]);
  const records = all.filter((record) => !pack || isOf(record, pack.expert.code));
  const byKey = new Map(records.map((record) => [record.key, record]));
  home.replaceChildren();
  document.getElementById("rescue").hidden = !pack;
  if (!pack) { home.append(element("p", words.unpacked)); return; }
  for (const visit of pack.visits) home.append(cardOf(visit, byKey, photos, signatures));
  const known = new Set(places(pack, []).map((place) => keyOf(place.visit, place.session)));
  const apart = records.filter((record) => !known.has(record.key));
  if (apart.length) home.append(apartCard(apart, photos));
  const others = all.filter((record) => !records.includes(record) && standing(record, photos).state !== DELIVERED);
  if (others.length) home.append(element("p", words.others.replace("{count}", others.length), { class: "confirm" }));
  const states = records.map((record) => standing(record, photos).state);
  for (const state of [DRAFT, WAITING, DELIVERED]) {
    const count = states.filter((one) => one === state).length;
    document.getElementById(`count-${state}`).textContent = String(count);
  }
}

function cardOf(visit, byKey, photos, signatures) {
  const card = element("section", "", { class: "card" });
  card.append(element("h2", `${visit.date} ${visit.class}`), element("p", visit.project, { class: "hint" }));
  if (visit.declaration === "conflict") card.append(element("p", words.recused));
  else if (!visit.open) card.append(element("p", visit.signed ? words.signed : visit.declaration ? words.shut : words.undeclared));
  for (const session of visit.sessions) {
    const record = byKey.get(keyOf(visit.code, session.code)), { state, text } = standing(record, photos, session.revision);
    const line = element("p", "", { class: "session" });
    const link = element("a", `${session.date} ${session.title}`, {
      href: `#${encodeURIComponent(visit.code)}/${encodeURIComponent(session.code)}`, class: "button second",
    });
    line.append(link, " ", element("b", text, { class: "state", "data-state": state }));
    card.append(line);
    if (record && record.state === DELIVERED) remarks(card, record, photos, visit, session);
  }
  if (visit.open) signing(card, visit, byKey, signatures.find((one) => one.visit === visit.code));
  return card;
}

// What the site said of a record that has arrived: wrong answers, photos not kept, another record there.
function remarks(card, record, photos, visit, session) {
  const faults = Object.keys(record.faults).length;
  if (faults) card.append(element("p", words.faulty.replace("{count}", faults), { class: "error" }));
  if (photos.some((one) => one.key === record.key && one.refusal)) {
    card.append(element("p", words.photoRefused, { class: "error" }));
  }
  if (record.standing !== "copy" || !visit.open) return;
  const choose = (text, mine) => button(text, "second", async () => {
    if (!await refresh()) return;
    const place = places(await readPack(), []).find((one) => one.visit === visit.code && one.session === session.code);
    await settle(place, mine);
    await show();
  });
  card.append(element("p", words.copyHint), choose(words.copyTheirs, false), " ", choose(words.copyMine, true));
}

// Signing, taking it back while it has not left, and what the server said of it.
function signing(card, visit, byKey, signature) {
  const status = element("p", "", { class: "sealed", role: "status" });
  card.append(status);
  if (signature && (signature.state === WAITING || signature.standing === "taken")) {
    status.textContent = signature.state === WAITING ? words.signWaits : words.signed;
    if (signature.state === WAITING) {
      card.append(button(words.signBack, "second", () => withdraw(visit.code).then(show)));
    }
    return;
  }
  const left = unfinished(visit, byKey);
  if (signature) status.textContent = words.signAside;
  else if (left.length) status.textContent = words.signLeft.replace("{sessions}", left.map((one) => one.title).join("、"));
  if (left.length) return;
  card.append(button(words.sign, "button", async () => {
    if (!window.confirm(words.signAsk)) return;
    if (signature) await withdraw(visit.code);
    await sign(visit);
    await show();
    send();
  }, { "data-sign": visit.code }));
}

function apartCard(records, photos) {
  const card = element("section", "", { class: "card" });
  card.append(element("h2", words.apart));
  for (const record of records) {
    card.append(element("p", `${record.visit} ${record.session}：${standing(record, photos).text}`));
  }
  return card;
}

// --- the rescue file ------------------------------------------------------------------------------

const phrase = document.getElementById("rescue-words"), rescued = document.getElementById("rescue-told");

async function giveRescue() {
  if (phrase.value.length < LEAST_WORDS) { rescued.textContent = words.rescueShort; phrase.focus(); return; }
  const pack = await readPack();
  rescued.textContent = words.rescueWorks;
  await handOut(await makeRescue(phrase.value, pack.expert.code), `guopei-${pack.expert.code}-${pack.day}.json`);
  rescued.textContent = words.rescueGiven;
}

async function readRescue(event) {
  const file = event.target.files[0], pack = await readPack();
  event.target.value = "";
  if (!file || !pack) return;
  rescued.textContent = words.rescueWorks;
  try {
    const found = await takeIn(await file.text(), phrase.value, pack.expert.code);
    rescued.textContent = words.rescueTaken.replace("{records}", found.records).replace("{photos}", found.photos);
  } catch (error) { rescued.textContent = words.rescueWrong; return; }
  await show();
  send();
}

document.getElementById("rescue-give").addEventListener("click", giveRescue);
document.getElementById("rescue-read").addEventListener("change", readRescue);

// --- the whole ------------------------------------------------------------------------------------

let leaving = new AbortController(); // ends with the view of a session, and lets another tab write

async function show() {
  leaving.abort();
  leaving = new AbortController();
  view.replaceChildren();
  const [visit, session] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const inside = Boolean(visit && session);
  document.getElementById("lists").hidden = inside;
  view.hidden = !inside;
  if (!inside) { await showHome(); return; }
  const pack = await readPack();
  const known = pack ? places(pack, await readAll(SIGNATURES)) : [];
  const place = known.find((one) => one.visit === visit && one.session === session);
  if (!place) { location.hash = ""; return; }
  await showSession(view, place, leaving.signal, () => { location.hash = ""; send(); });
}

async function afterSending(stopped) {
  if (location.hash.length < 2) await showHome();
  if (stopped === undefined) return;
  if (!stopped) { say(""); return; }
  const why = { [SIGN_IN]: words.signIn, [OFFLINE]: words.offline, [REFUSED]: stopped.message };
  say(why[stopped.why] || words.trouble.replace("{status}", stopped.status || ""));
}

const send = startOutbox(afterSending);

// Whether the pack is the site's own of now.
async function refresh() {
  try { await fetchPack(); say(""); return true; } catch (error) {
    say(error.why === SIGN_IN ? words.signIn : words.offline);
    return false;
  }
}

document.getElementById("pack").addEventListener("click", async () => {
  await refresh();
  await askForRoom();
  await show();
  send();
});
window.addEventListener("hashchange", show);
async function keepPages() {
  const ready = document.getElementById("ready");
  if (!("serviceWorker" in navigator)) { ready.textContent = words.online; return; }
  try {
    await navigator.serviceWorker.register("/expert/field/worker.js", { scope: "/expert/field/" });
  } catch (error) { /* without a signal: what was kept before serves */ }
  if (!navigator.serviceWorker.controller && !navigator.onLine) return;
  await navigator.serviceWorker.ready; // its pages are on the device by then
  ready.textContent = words.ready;
  document.body.dataset.packed = "yes";
}

keepPages();
await refresh();
await askForRoom();
await show();
send();
document.body.dataset.ready = "yes";

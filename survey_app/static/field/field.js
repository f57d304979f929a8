// The expert's pages without a signal: the visits, the rubric of one session, all records by state.

import { DELIVERED, DRAFT, WAITING, keyOf, readForm, readPack, readRecord, readRecords, writePack }
  from "./store.js";
import { adopt, finish, saveDraft } from "./records.js";
import { OFFLINE, REFUSED, SIGN_IN, askPack, startOutbox } from "./outbox.js";

const words = document.getElementById("words").dataset;
const home = document.getElementById("home"), view = document.getElementById("view");
const said = document.getElementById("said"), told = document.getElementById("told");

const STATES = { [DRAFT]: words.draft, [WAITING]: words.waiting, [DELIVERED]: words.delivered };

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function say(text) { said.textContent = text; }

function stateOf(record) {
  if (!record) return words.untouched;
  const aside = record.state === DELIVERED && record.standing !== "taken" ? words.aside : "";
  return STATES[record.state] + aside;
}

// --- the pack -------------------------------------------------------------------------------------

async function fetchPack() {
  const pack = await askPack();
  delete pack.csrf;
  await writePack(pack);
  for (const place of places(pack)) await adopt(place);
  return pack;
}

function places(pack) {
  return pack.visits.flatMap((visit) => visit.sessions.map((session) => ({
    visit: visit.code, session: session.code, record: session.record, revision: session.revision,
    answers: session.answers, about: visit, title: session.title, date: session.date,
    lecturer: session.lecturer,
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
  const pack = await readPack(), records = await readRecords();
  const byKey = new Map(records.map((record) => [record.key, record]));
  home.replaceChildren();
  if (!pack) { home.append(element("p", words.unpacked)); return; }
  for (const visit of pack.visits) {
    const card = element("section", "", { class: "card" });
    card.append(element("h2", `${visit.date} ${visit.class}`), element("p", visit.project, { class: "hint" }));
    if (!visit.open) card.append(element("p", visit.signed ? words.signed : words.shut));
    for (const session of visit.sessions) {
      const record = byKey.get(keyOf(visit.code, session.code));
      const line = element("p", "", { class: "session" });
      const link = element("a", `${session.date} ${session.title}`, {
        href: `#${encodeURIComponent(visit.code)}/${encodeURIComponent(session.code)}`, class: "button second",
      });
      line.append(link, " ", element("b", stateOf(record), { class: "state", "data-state": record ? record.state : "" }));
      card.append(line);
    }
    home.append(card);
  }
  for (const state of [DRAFT, WAITING, DELIVERED]) {
    const count = records.filter((record) => record.state === state).length;
    document.getElementById(`count-${state}`).textContent = String(count);
  }
}

// --- one rubric -----------------------------------------------------------------------------------

let leaving = new AbortController(); // ends with the view of a session, and lets another tab write
const PEN_MS = 400;

function values(form) {
  const found = {};
  for (const field of form.elements) {
    if (!field.name || field.closest("[hidden]")) continue;
    if ((field.type === "radio" || field.type === "checkbox") && !field.checked) continue;
    if (field.value !== "") (found[field.name] = found[field.name] || []).push(field.value);
  }
  return found;
}

function fill(form, answers) {
  for (const field of form.elements) {
    const given = answers[field.name] || [];
    if (field.type === "radio" || field.type === "checkbox") field.checked = given.includes(field.value);
    else if (field.name) field.value = given[0] || "";
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

function blanks(form) {
  return Array.from(form.querySelectorAll(".item")).filter((item) => {
    const fields = Array.from(item.querySelectorAll("[name]"));
    return item.querySelector(".must") && !item.closest("[hidden]") &&
      !fields.some((field) => (field.type === "radio" || field.type === "checkbox") ? field.checked : field.value);
  }).length;
}

// One tab has the pen; another shows what is there, and takes over when the first has gone.
function holdPen(key, signal) {
  return new Promise((resolve, reject) => {
    navigator.locks.request(`guopei-pen ${key}`, { signal }, () => {
      resolve(true);
      return new Promise((end) => signal.addEventListener("abort", end));
    }).catch(reject);
  });
}

async function showSession(visit, session) {
  const signal = leaving.signal, pen = holdPen(keyOf(visit, session), signal);
  const waited = new Promise((resolve) => setTimeout(resolve, PEN_MS, false));
  const mine = await Promise.race([pen, waited]);
  await showRubric(visit, session, mine);
  if (!mine) pen.then(() => showRubric(visit, session, true)).catch(() => {});
}

async function showRubric(visit, session, mine) {
  const pack = await readPack();
  const place = pack && places(pack).find((one) => one.visit === visit && one.session === session);
  if (!place) { location.hash = ""; return; }
  const key = keyOf(visit, session), record = await readRecord(key);
  const form = (record && await readForm(record.instrument, record.version)) || pack.form;
  const page = element("form", "", { id: "form", autocomplete: "off" });
  const title = element("p", `${place.about.class} · ${place.date} ${place.title}（${place.lecturer}）`, { class: "about" });
  const questions = element("div");
  questions.innerHTML = form.page; // the site's own markup, as on its page of the record
  const state = element("p", stateOf(record), { id: "state", role: "status", class: "state" });
  const done = element("button", words.finish, { type: "button", class: "button", id: "finish" });
  page.append(questions, state, done);
  view.replaceChildren(element("h1", form.title), title, page);
  fill(page, record ? record.answers : place.answers);
  const locked = !mine || !place.about.open;
  if (locked) state.textContent = mine ? words.shut : words.elsewhere;
  for (const field of page.elements) field.disabled = locked;
  if (!locked) write(page, place, form, state, done);
}

function write(page, place, form, state, done) {
  let saving = Promise.resolve(), asked = 0, shown = state.textContent;
  const save = () => {
    const mine = ++asked;
    document.body.dataset.saving = "yes";
    state.textContent = words.saving; // what stands here is true of all that is shown
    saving = saving.then(() => saveDraft(place, form, values(page))).then(
      (record) => { if (record) shown = `${STATES[DRAFT]}${words.kept}`; },
      (error) => { shown = `${words.full}${error && error.name ? ` (${error.name})` : ""}`; },
    ).then(() => {
      if (mine !== asked) return;
      state.textContent = shown;
      document.body.dataset.saving = "no";
    });
    return saving;
  };
  page.addEventListener("change", save);
  page.addEventListener("input", save);
  page.addEventListener("submit", (event) => event.preventDefault());
  done.addEventListener("click", async () => {
    await save();
    const left = blanks(page);
    if (left && !window.confirm(words.blanks.replace("{count}", left))) return;
    await finish(keyOf(place.visit, place.session));
    location.hash = "";
    send();
  });
}

// --- the whole ------------------------------------------------------------------------------------

async function show() {
  leaving.abort();
  leaving = new AbortController();
  view.replaceChildren();
  const [visit, session] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const inside = Boolean(visit && session);
  document.getElementById("lists").hidden = inside;
  view.hidden = !inside;
  if (inside) await showSession(visit, session); else await showHome();
}

async function afterSending(stopped) {
  if (location.hash.length < 2) await showHome();
  if (stopped === undefined) return;
  if (!stopped) { say(""); return; }
  const why = { [SIGN_IN]: words.signIn, [OFFLINE]: words.offline, [REFUSED]: stopped.message };
  say(why[stopped.why] || words.trouble.replace("{status}", stopped.status || ""));
}

const send = startOutbox(afterSending);

async function refresh() {
  try { await fetchPack(); say(""); } catch (error) { say(error.why === SIGN_IN ? words.signIn : words.offline); }
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

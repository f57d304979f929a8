// One session's rubric: the site's own markup, filled and watched; every tap is stored at once.

import { PHOTOS, keyOf, readAll, readBytes, readForm, readPack, readRecord } from "./store.js";
import { addPhoto, dropPhoto, finish, saveDraft, savePlace } from "./records.js";
import { button, element, standing, words } from "./parts.js";
import { prepare } from "./photos.js";
import { trailOf } from "./trail.js";

const PEN_MS = 400, DIGITS = 4;

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

// Numbers that are none are told where they stand.
function checkNumbers(form) {
  const wrong = Array.from(form.querySelectorAll("input[inputmode=numeric]")).filter((field) => {
    const bad = Boolean(field.value.trim()) && !/^[-+]?[0-9０-９]+$/.test(field.value.trim());
    const box = field.closest(".item"), told = box.querySelector(".error[data-number]");
    field.setAttribute("aria-invalid", String(bad));
    if (told) told.remove();
    if (bad) box.append(element("p", words.wholeNumber, { class: "error", "data-number": "yes", role: "alert" }));
    return bad && !field.closest("[hidden]");
  });
  return wrong.length;
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

export async function showSession(view, place, signal, leave) {
  const pen = holdPen(keyOf(place.visit, place.session), signal);
  const waited = new Promise((resolve) => setTimeout(resolve, PEN_MS, false));
  const mine = await Promise.race([pen, waited]);
  await showRubric(view, place, mine, leave);
  if (!mine) pen.then(() => showRubric(view, place, true, leave)).catch(() => {});
}

async function showRubric(view, place, mine, leave) {
  const pack = await readPack(), key = keyOf(place.visit, place.session), record = await readRecord(key);
  const form = (record && await readForm(record.instrument, record.version)) || pack.form;
  const page = element("form", "", { id: "form", autocomplete: "off" });
  const title = element("p", `${place.about.class} · ${place.date} ${place.title}（${place.lecturer}）`, { class: "about" });
  const questions = element("div");
  questions.innerHTML = form.page; // the site's own markup, as on its page of the record
  const shown = standing(record, await readAll(PHOTOS), place.revision).text;
  const state = element("p", shown, { id: "state", role: "status", class: "state" });
  const done = element("button", words.finish, { type: "button", class: "button", id: "finish" });
  const foot = element("div", "", { class: "foot" });
  foot.append(state, done);
  page.append(questions, foot);
  view.replaceChildren(element("h1", form.title), title, about(place.about), page);
  fill(page, record ? record.answers : place.answers);
  checkNumbers(page);
  const locked = !mine || !place.open;
  done.hidden = locked;
  if (locked) state.textContent = !mine ? words.elsewhere : place.about.signed ? words.signed : place.sealed ? words.sealed : words.shut;
  for (const field of page.elements) field.disabled = locked;
  if (locked) return;
  const sheet = { page, place, form, pack, state, key, trail: trailOf(record && record.audit || []) };
  write(sheet, done, leave);
  locate(sheet, record);
  await attach(sheet, record);
}

// What the catalogue says of the class, and what earlier visits found.
function about(visit) {
  const box = element("details", "", { class: "more-files", id: "about" }), list = element("ul", "");
  box.append(element("summary", words.about));
  for (const fact of visit.facts || []) list.append(element("li", fact));
  box.append(list);
  for (const one of visit.earlier || []) {
    box.append(element("p", `${one.date} ${one.label}：${one.words}`, { class: "earlier" }));
  }
  if (!(visit.earlier || []).length) box.append(element("p", words.noEarlier, { class: "hint" }));
  return box;
}

// What is stored, one change after another; the line of the state is true of all that is shown.
function storing({ state }) {
  let saving = Promise.resolve(), asked = 0, shown = state.textContent;
  return (change) => {
    const mine = ++asked;
    document.body.dataset.saving = "yes";
    state.textContent = words.saving;
    saving = saving.then(change).then(
      (record) => { if (record) shown = `${words.draft}${words.kept}`; },
      (error) => { shown = `${words.full}${error && error.name ? ` (${error.name})` : ""}`; },
    ).then(() => {
      if (mine !== asked) return;
      state.textContent = shown;
      document.body.dataset.saving = "no";
    });
    return saving;
  };
}

function write(sheet, done, leave) {
  const { page, place, form, key, trail } = sheet;
  sheet.store = storing(sheet);
  const save = (event) => {
    if (!event.target.name) return;
    const answers = values(page), audit = trail.touch(event.target.name);
    sheet.store(() => saveDraft(place, form, answers, audit));
  };
  page.addEventListener("change", save);
  page.addEventListener("change", () => checkNumbers(page));
  page.addEventListener("input", save);
  page.addEventListener("submit", (event) => event.preventDefault());
  done.addEventListener("click", async () => {
    const answers = values(page);
    await sheet.store(() => saveDraft(place, form, answers));
    const left = blanks(page) + checkNumbers(page);
    if (left && !window.confirm(words.blanks.replace("{count}", left))) return;
    await finish(key, trail.end(), left);
    leave();
  });
}

// --- photos of a dimension ------------------------------------------------------------------------

async function attach(sheet, record) {
  for (const item of sheet.form.dimensions || []) {
    const box = sheet.page.querySelector(`#item-${item}`);
    if (!box) continue;
    const bar = element("div", "", { class: "photo-bar" }), list = element("ul", "", { class: "photos" });
    const label = element("label", words.photo, { class: "button second photo" });
    const chooser = element("input", "", { type: "file", accept: "image/*", "data-photo": item });
    chooser.addEventListener("change", () => chosen(sheet, item, chooser, bar, list));
    label.append(chooser);
    bar.append(label, list);
    box.append(bar);
    await showPhotos(sheet, item, record, list);
  }
}

async function chosen(sheet, item, chooser, bar, list) {
  const file = chooser.files[0], { place, form, pack, key } = sheet;
  chooser.value = "";
  if (!file) return;
  delete document.body.dataset.photoDone;
  const kept = await readRecord(key);
  if (kept && (kept.photos || []).length >= pack.limits.photos) { window.alert(words.photosMany); return; }
  try {
    const photo = await prepare(file, bar, words, pack.limits.bytes);
    if (photo) await sheet.store(() => addPhoto(place, form, item, photo));
  } catch (error) { window.alert(error.message || words.photoLost); }
  await showPhotos(sheet, item, await readRecord(key), list);
  document.body.dataset.photoDone = "yes";
}

async function showPhotos(sheet, item, record, list) {
  const { place, form, key } = sheet;
  const photos = await readAll(PHOTOS);
  for (const picture of list.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
  list.replaceChildren();
  for (const one of (record && record.photos || []).filter((photo) => photo.item === item)) {
    const line = element("li", ""), id = `${key} ${one.sha256}`, bytes = await readBytes(id);
    const known = photos.find((photo) => photo.id === id);
    if (bytes) {
      const src = URL.createObjectURL(new Blob([bytes]));
      line.append(element("img", "", { src, alt: words.photoOf.replace("{number}", list.children.length + 1) }));
    }
    if (known && known.refusal) line.append(element("span", words.photoRefused, { class: "error" }));
    line.append(button(words.photoDrop, "quiet", async () => {
      if (!window.confirm(words.photoDropAsk)) return;
      await sheet.store(() => dropPhoto(place, form, item, one.sha256));
      await showPhotos(sheet, item, await readRecord(key), list);
    }));
    list.append(line);
  }
}

// --- where the expert is, if the expert agrees ----------------------------------------------------

function locate(sheet, record) {
  const { page, place, form } = sheet;
  if (!("geolocation" in navigator)) return;
  const told = element("span", "", { role: "status" });
  const box = element("div", "", { class: "item where" });
  const say = (where) => {
    told.textContent = where ? words.placeKept.replace("{place}", `${where.latitude}, ${where.longitude}`) : "";
    take.hidden = Boolean(where); back.hidden = !where;
  };
  const keep = (where) => sheet.store(() => savePlace(place, form, where)).then(() => say(where));
  const take = button(words.place, "second", () => {
    told.textContent = words.placeAsked;
    navigator.geolocation.getCurrentPosition(({ coords }) => keep({
      latitude: coords.latitude.toFixed(DIGITS), longitude: coords.longitude.toFixed(DIGITS),
      accuracy: coords.accuracy.toFixed(0),
    }), () => { told.textContent = words.placeNone; }, { enableHighAccuracy: true, timeout: 30000 });
  });
  const back = button(words.placeBack, "second", () => keep(null));
  box.append(element("p", words.placeHint, { class: "hint" }), take, back, told);
  page.insertBefore(box, page.querySelector(".foot"));
  say(record && record.place);
}


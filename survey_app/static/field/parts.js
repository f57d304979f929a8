// Small pieces of the pages, and the words that the server gives them.

import { DELIVERED, DRAFT, WAITING } from "./store.js";

export const words = document.getElementById("words").dataset;

export function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export function button(text, style, act, attributes = {}) {
  const made = element("button", text, { type: "button", class: style, ...attributes });
  made.addEventListener("click", act);
  return made;
}

const STATES = { [DRAFT]: words.draft, [WAITING]: words.waiting, [DELIVERED]: words.delivered };

// How a record stands, with photos that have not left; and the state that it counts as.
export function standing(record, photos, revision = 0) {
  if (!record) return { state: "", text: revision ? words.onSite : words.untouched };
  const left = photos.filter((one) => one.key === record.key && one.state !== DELIVERED).length;
  if (record.state === DELIVERED && left) {
    return { state: WAITING, text: `${words.waiting}${words.photosLeft.replace("{count}", left)}` };
  }
  const aside = record.state === DELIVERED && record.standing !== "taken" ? words.aside : "";
  return { state: record.state, text: STATES[record.state] + aside };
}

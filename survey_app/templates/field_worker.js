// Keeps the pages of the field, and nothing that is anybody's: never an answer, never a record.
"use strict";
const KEPT = "field-{{ version }}";
const FILES = {{ files|tojson }};
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT)
    .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload", redirect: "error" }))))
    .then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name.startsWith("field-") && name !== KEPT)
      .map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (!FILES.includes(url.pathname)) return;
  event.respondWith(caches.open(KEPT).then((cache) => cache.match(url.pathname))
    .then((found) => found || fetch(event.request)));
});

// A draft of a trainee's answers: on this phone only, without ticket and self-made code, and gone
// with the receipt.
// Where the phone keeps nothing (a private window, a refusing browser) the form works without it.
"use strict";
(function () {
  var KEY = "draft:", DAYS = 7;
  var form = document.getElementById("form"), restored = document.getElementById("restored");

  function kept(work) {
    try { return work(window.localStorage); } catch (error) { return null; }
  }
  function forget(own) {
    kept(function (store) {
      Object.keys(store).forEach(function (key) {
        if (key.indexOf(KEY) === 0 && (!own || key === KEY + location.pathname)) store.removeItem(key);
      });
    });
  }
  // The receipt's page: the answer is stored, nothing of it stays here.
  if (document.getElementById("receipt")) { forget(false); return; }
  if (!form || !restored) return;

  function fields() {
    return Array.from(form.elements).filter(function (field) {
      return field.name && field.name.indexOf("self_code-") < 0 &&
        ["token", "ticket", "held", "by", "duration", "confirmed"].indexOf(field.name) < 0;
    });
  }
  function save() {
    var values = {};
    fields().forEach(function (field) {
      if ((field.type === "radio" || field.type === "checkbox") && !field.checked) return;
      (values[field.name] = values[field.name] || []).push(field.value);
    });
    kept(function (store) {
      store.setItem(KEY + location.pathname, JSON.stringify({ at: Date.now(), values: values }));
    });
  }
  function restore(values) {
    fields().forEach(function (field) {
      var given = values[field.name] || [];
      if (field.type === "radio" || field.type === "checkbox") {
        field.checked = given.indexOf(field.value) >= 0;
      } else if (given.length) {
        field.value = given[0];
      }
    });
    restored.hidden = false;
    form.dispatchEvent(new Event("change"));
  }
  var draft = kept(function (store) { return JSON.parse(store.getItem(KEY + location.pathname)); });
  if (draft && form.querySelector("[data-fresh]")) {
    if (Date.now() - draft.at < DAYS * 86400000 && draft.values) restore(draft.values);
    else forget(true);
  }
  form.addEventListener("input", save);
  form.addEventListener("change", save);
  document.getElementById("forget").addEventListener("click", function () {
    forget(true);
    location.reload();
  });
  // A page that comes back as it was left is read anew: what was sent is not shown again.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) location.reload();
  });
})();

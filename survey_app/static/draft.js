// A draft of a trainee's answers: on this phone only, without ticket and self-made code, and gone
// with the receipt. Whoever goes on elsewhere carries it there as a text, past the server.
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

  var MADE = ["response", "nonce"];
  function fields() {
    return Array.from(form.elements).filter(function (field) {
      return field.name && field.name.indexOf("self_code-") < 0 &&
        ["token", "ticket", "held", "by", "duration", "confirmed", "compact"].indexOf(field.name) < 0;
    });
  }
  function values() {
    var found = {};
    fields().forEach(function (field) {
      if ((field.type === "radio" || field.type === "checkbox") && !field.checked) return;
      (found[field.name] = found[field.name] || []).push(field.value);
    });
    return found;
  }
  function save() {
    kept(function (store) {
      store.setItem(KEY + location.pathname, JSON.stringify({ at: Date.now(), values: values() }));
    });
  }
  function put(values) {
    fields().forEach(function (field) {
      var given = values[field.name] || [];
      if (field.type === "radio" || field.type === "checkbox") {
        field.checked = given.indexOf(field.value) >= 0;
      } else if (given.length) {
        field.value = given[0];
      }
    });
    form.dispatchEvent(new Event("change", { bubbles: true })); // as a tap does: what hangs on it shows
  }
  // Who has only changed the language, or had answered nothing, is not told of a draft.
  function restore(given) {
    put(given);
    restored.hidden = document.body.classList.contains("switched") || !Object.keys(answers()).length;
  }
  var draft = kept(function (store) { return JSON.parse(store.getItem(KEY + location.pathname)); });
  if (draft && form.querySelector("[data-fresh]")) {
    if (Date.now() - draft.at < DAYS * 86400000 && draft.values) restore(draft.values);
    else forget(true);
  }
  // What was sent and came back is kept too, and goes along into another language.
  if (!form.querySelector("[data-fresh]")) save();
  document.querySelectorAll("[data-drafted]").forEach(function (link) {
    link.hidden = !kept(function (store) { return store.getItem(KEY + location.pathname); });
  });
  form.addEventListener("input", save);
  form.addEventListener("change", save);
  document.getElementById("forget").addEventListener("click", function () {
    forget(true);
    location.reload();
  });
  // To go on elsewhere: answers alone, without what tells this answer from others.
  var carry = document.getElementById("carry"), MARK = "guopei-1:";
  var told = document.getElementById("carry-told"), text = document.getElementById("carried");
  function answers() {
    var found = values();
    Object.keys(found).forEach(function (name) {
      if (MADE.indexOf(name) >= 0 || !found[name].join("")) delete found[name];
    });
    return found;
  }
  function tell(words, count) {
    told.textContent = carry.dataset[words].replace("{count}", count);
    told.focus();
  }
  function packed() {
    var found = answers(), count = Object.keys(found).length;
    if (!count) { tell("none", 0); return null; }
    return { count: count, text: MARK + JSON.stringify({ of: location.pathname, values: found }) };
  }
  function unpacked(given) {
    try {
      var at = given.indexOf(MARK), found = JSON.parse(given.slice(at + MARK.length));
      return at >= 0 && found.of === location.pathname ? found.values : null;
    } catch (error) { return null; }
  }
  function byHand(draft) {
    text.value = draft.text;
    text.select();
    tell("refused", draft.count);
  }
  carry.hidden = false;
  document.getElementById("carry-copy").addEventListener("click", function () {
    var draft = packed();
    if (!draft) return;
    if (!navigator.clipboard) { byHand(draft); return; }
    navigator.clipboard.writeText(draft.text).then(
      function () { tell("copied", draft.count); }, function () { byHand(draft); });
  });
  document.getElementById("carry-save").addEventListener("click", function (event) {
    var draft = packed();
    if (!draft) { event.preventDefault(); return; }
    this.href = "data:text/plain;charset=utf-8," + encodeURIComponent(draft.text);
  });
  document.getElementById("carry-on").addEventListener("click", function () {
    var found = unpacked(text.value), known = {};
    if (!found) { tell("wrong", 0); return; }
    var mine = values();
    fields().forEach(function (field) {
      var given = found[field.name];
      var own = MADE.indexOf(field.name) >= 0;
      known[field.name] = own || !Array.isArray(given) ? mine[field.name] || [] : given.map(String);
    });
    put(known);
    save();
    text.value = "";
    tell("taken", Object.keys(answers()).length);
  });
  // A page that comes back as it was left is read anew: what was sent is not shown again.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) location.reload();
  });
})();

// Six small aids; the form works without them.
"use strict";
(function () {
  // 1. The ticket travels in the address after '#', which is never sent to the server.
  var code = location.hash.slice(1);
  var start = document.getElementById("start");
  if (start && code) start.href += "#" + code;
  var ticket = document.getElementById("ticket");
  function decoded(text) {
    try { return decodeURIComponent(text); } catch (error) { return ""; }
  }
  var typed = code.indexOf("typed=") === 0; // as it stood on this page in the other language
  if (ticket && (typed || /^[0-9A-Za-z-]{16,20}$/.test(code))) {
    ticket.value = typed ? decoded(code.slice(6))
      : code.replace(/-/g, "").replace(/(.{4})(?=.)/g, "$1-");
    document.body.classList.toggle("switched", typed);
    history.replaceState(null, "", location.pathname + location.search);
  }
  document.querySelectorAll("a[hreflang]").forEach(function (link) {
    link.addEventListener("click", function () {
      if (ticket || code) link.hash = ticket ? "typed=" + encodeURIComponent(ticket.value) : code;
    });
  });
  // 2. Items that hang on another answer are shown only when asked.
  var form = document.getElementById("form");
  function answer(asked, name) {
    var field = asked.elements[name];
    return field ? field.value || "" : "";
  }
  function show(event) {
    var asked = event.target.id === "form" ? event.target : event.target.form;
    if (!asked) return;
    function holds(rule) {
      var parts = rule.split(/(!?=)/);
      return (answer(asked, parts[0]) === parts[2]) === (parts[1] === "=");
    }
    asked.querySelectorAll("[data-if]").forEach(function (item) {
      item.hidden = !item.dataset.if.split(" ").every(holds);
    });
  }
  document.addEventListener("change", show);
  if (form) {
    document.body.classList.add("scripted");
    show({ target: form });
  }
  // 3. A coarse class of the time taken, made here; the server sees no clock time.
  var begun = Date.now();
  var duration = document.getElementById("duration");
  if (form && duration && !duration.value) {
    form.addEventListener("submit", function () {
      var minutes = (Date.now() - begun) / 60000;
      duration.value = minutes < 1 ? "<1" : minutes < 3 ? "1-3" : minutes <= 10 ? "3-10" : ">10";
    });
  }
  // 4. What tells this answer from others is made here, so that no page that was sent holds it.
  document.querySelectorAll("[data-fresh]").forEach(function (field) {
    if (!window.crypto || !crypto.getRandomValues) return;
    field.value = Array.from(crypto.getRandomValues(new Uint8Array(16)), function (one) {
      return one.toString(16).padStart(2, "0");
    }).join("");
  });
  // 5. A record that was changed and not saved asks before it is left.
  var changed = false;
  if (form && "keep" in form.dataset) {
    form.addEventListener("input", function () { changed = true; });
    form.addEventListener("submit", function () { changed = false; });
    window.addEventListener("beforeunload", function (event) {
      if (changed) event.preventDefault();
    });
  }
  // 6. How many of the items that are asked have an answer.
  var progress = document.getElementById("progress");
  function answered(item) {
    return Array.from(item.querySelectorAll("[name]")).some(function (field) {
      return field.type === "radio" || field.type === "checkbox" ? field.checked : field.value;
    });
  }
  function count() {
    var items = Array.from(form.querySelectorAll("section .item")).filter(function (item) {
      return !item.closest("[hidden]");
    });
    var done = items.filter(answered).length;
    progress.firstElementChild.max = items.length;
    progress.firstElementChild.value = done;
    progress.lastElementChild.textContent =
      progress.dataset.words.replace("{done}", done).replace("{all}", items.length);
  }
  if (form && progress) {
    progress.hidden = false;
    form.addEventListener("input", count);
    form.addEventListener("change", count);
    count();
  }
  var summary = document.getElementById("summary");
  if (summary) summary.focus();
})();

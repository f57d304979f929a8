// A remote trainee's token: fetched blind, kept on this phone alone, put into the form, and gone with
// the receipt. What is sent while fetching tells nothing of the token that comes of it.
"use strict";
(function () {
  var place = location.pathname.replace(/\/(token|form)$/, "");
  var KEPT = "token:" + place, BEGUN = "token-begun:" + place, SENT = "token-sent";

  function read(key) {
    try { return JSON.parse(localStorage.getItem(key)); } catch (error) { return null; }
  }
  function write(key, value) {
    try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch (error) { return false; }
  }
  function tokens() { return read(KEPT) || []; }
  function element(id) { return document.getElementById(id); }

  // 1. The receipt's page: the token that was sent is spent.
  if (element("receipt")) {
    try {
      var sent = JSON.parse(sessionStorage.getItem(SENT));
      sessionStorage.removeItem(SENT);
      if (sent) write(sent.key, (read(sent.key) || []).filter(function (one) { return one !== sent.token; }));
      if (sent && !(read(sent.key) || []).length) localStorage.removeItem(sent.key);
    } catch (error) { /* nothing is kept here, so nothing is to be wiped */ }
    return;
  }
  // 2. The form: the token of this phone is filled in.
  var held = element("held");
  if (held) {
    if (!held.value && tokens().length) held.value = tokens()[0];
    element("filled").hidden = tokens().indexOf(held.value) < 0 || Boolean(element("error-token"));
    element("unfilled").hidden = !element("filled").hidden;
    element("form").addEventListener("submit", function () {
      try {
        sessionStorage.setItem(SENT, JSON.stringify({ key: KEPT, token: held.value.trim() }));
      } catch (error) { /* it stays, and is refused as spent */ }
    });
    return;
  }
  // 3. The page of tokens: what is here, and how to take it along.
  function show(token, note) {
    element("have").hidden = false;
    element("text").value = token;
    element("save").href = "data:text/plain;charset=utf-8," + encodeURIComponent(token);
    element("told").textContent = note;
  }
  function copy() {
    var text = element("text");
    text.select();
    var done = navigator.clipboard ? navigator.clipboard.writeText(text.value) : Promise.reject();
    return done.catch(function () { document.execCommand("copy"); });
  }
  if (tokens().length) show(tokens()[tokens().length - 1], "");
  var form = element("fetch");
  element("copy").addEventListener("click", function () {
    copy().then(function () { element("told").textContent = form ? form.dataset.copied : ""; });
  });
  if (!form || !window.blindSignatures) return;
  element("without").hidden = true;
  element("fetching").hidden = false;
  element("fetching").open = !tokens().length;

  // 4. Fetching: a retry sends what was sent before, so that a lost reply costs nobody the token.
  async function begun(key, mark) {
    var all = read(BEGUN) || {};
    if (!all[mark]) {
      var message = blindSignatures.prepared(blindSignatures.random(32));
      var made = await blindSignatures.blind(key, message);
      all[mark] = { message: bytes.hex(message), sent: made.sent, inv: made.inv.toString(16) };
      unsaved[mark] = all[mark];
      write(BEGUN, all);
    }
    return all[mark];
  }
  var unsaved = {};
  function forget(mark) {
    var all = read(BEGUN) || {};
    delete all[mark];
    delete unsaved[mark];
    if (Object.keys(all).length) write(BEGUN, all);
    else try { localStorage.removeItem(BEGUN); } catch (error) { /* nothing was kept */ }
  }
  async function ask(name, secret) {
    var key = blindSignatures.keyOf(form.dataset.modulus, form.dataset.exponent);
    var typed = new TextEncoder().encode(name + "|" + secret);
    var mark = bytes.hex(new Uint8Array(await crypto.subtle.digest("SHA-256", typed)));
    var own = unsaved[mark] || await begun(key, mark);
    var reply = await fetch(form.action, {
      method: "POST", credentials: "omit", referrerPolicy: "no-referrer",
      body: new URLSearchParams({ name: name, secret: secret, blinded: own.sent })
    });
    var told = await reply.json();
    if (!reply.ok) {
      if (reply.status === 409 || reply.status === 422) forget(mark);
      return { refused: told.message };
    }
    var signature = await blindSignatures.finish(
      key, bytes.of(own.message), told.signature, BigInt("0x" + own.inv));
    var token = own.message + "." + signature;
    var kept = write(KEPT, tokens().concat([token]));
    forget(mark);
    return { token: token, kept: kept };
  }
  form.addEventListener("submit", async function (event) {
    event.preventDefault();
    var name = element("name").value.trim(), secret = element("secret").value.trim();
    var refused = element("refused"), button = element("ask");
    refused.textContent = "";
    if (!name || !secret) { refused.textContent = form.dataset.missing; return; }
    var words = button.textContent;
    button.disabled = true;
    button.textContent = form.dataset.busy;
    try {
      var got = await ask(name, secret);
      if (got.refused) {
        refused.textContent = got.refused;
      } else {
        form.reset();
        element("fetching").open = false;
        show(got.token, got.kept ? "" : form.dataset.unkept);
        element("have").scrollIntoView();
        element("told").focus();
        if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
      }
    } catch (error) {
      refused.textContent = form.dataset.failed;
    }
    button.disabled = false;
    button.textContent = words;
  });
})();

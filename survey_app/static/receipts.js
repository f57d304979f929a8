// Looks for a receipt in the published lists, in this phone: of the number no more than its first
// two digits are told. Recomputes the list's head (RFC 9162, 2.1.1) from the part that it fetched.
"use strict";
(function () {
  var form = document.getElementById("find"), found = document.getElementById("found");
  if (!form || !window.crypto || !crypto.subtle || typeof BigInt !== "function") return;
  form.hidden = false;
  var hex = bytes.hex, bytesOf = bytes.of;

  function said(key, value) {
    return form.dataset[key].replace("{}", value);
  }
  async function sha256(bytes) {
    return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  }
  async function root(leaves) {
    if (!leaves.length) return sha256(new Uint8Array(0));
    for (var level = leaves; level.length > 1;) {
      var above = [];
      for (var at = 0; at + 1 < level.length; at += 2) {
        above.push(await sha256(bytesOf("01" + level[at] + level[at + 1])));
      }
      if (level.length % 2) above.push(level[level.length - 1]);
      level = above;
    }
    return level[0];
  }
  function numberOf(leaf) {
    return (BigInt("0x" + leaf.slice(0, 24)) % 10n ** 19n).toString().padStart(19, "0");
  }
  async function lines(address) {
    var reply = await fetch(address, { credentials: "omit", referrerPolicy: "no-referrer" });
    if (!reply.ok) throw new Error(reply.status);
    return (await reply.text()).split("\n").filter(Boolean);
  }
  async function look(list, number) {
    var part = number.slice(0, 2), base = list.dataset.base;
    var leaves = await lines(base + part + ".txt"), heads = await lines(base + "heads.txt");
    var whole = heads.length === 100 && heads[Number(part)] === await root(leaves)
      && await root(heads) === list.dataset.head;
    if (!whole) return "broken";
    return leaves.some(function (leaf) { return numberOf(leaf) === number; }) ? "found" : "absent";
  }
  form.addEventListener("submit", async function (event) {
    event.preventDefault();
    var number = document.getElementById("number").value.replace(/\D/g, "");
    if (number.length !== 24) {
      found.textContent = said("length", number.length);
      return;
    }
    found.textContent = said("busy");
    var all = [];
    try {
      for (var list of document.querySelectorAll("section.list")) {
        var state = await look(list, number.slice(0, 19)), title = list.dataset.title;
        if (state !== "absent") all.push(said(state, title));
      }
      found.textContent = all.join(" ") || said("absent");
    } catch (error) {
      found.textContent = said("failed");
    }
  });
})();

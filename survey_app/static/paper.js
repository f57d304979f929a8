// Typing sheets: Enter goes on to the next field, and from the last one to the button that saves.
// Without a script Enter sends the page to be checked, which saves nothing.
"use strict";
(function () {
  var form = document.getElementById("paper");
  var fields = Array.from(form.querySelectorAll("input[type=text]"));
  form.addEventListener("keydown", function (event) {
    var place = fields.indexOf(event.target);
    if (event.key !== "Enter" || place < 0 || event.isComposing) return;
    event.preventDefault();
    var next = fields[place + 1] || document.getElementById("save");
    next.focus();
    if (next.select) next.select();
  });
  var summary = document.getElementById("summary");
  (summary || document.getElementById("ticket")).focus();
})();

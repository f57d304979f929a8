// Sums while points are typed; the server checks them again.
"use strict";
(function () {
  var form = document.getElementById("points");
  function hundredths(text) {
    return /^\d{1,3}(\.\d{1,2})?$/.test(text.trim()) ? Math.round(parseFloat(text) * 100) : 0;
  }
  function sum(part) {
    var found = 0;
    part.querySelectorAll("input[inputmode=decimal]").forEach(function (field) {
      found += hundredths(field.value);
    });
    part.querySelector("[data-sum]").textContent = found / 100;
    return found;
  }
  function show() {
    form.querySelectorAll("fieldset").forEach(sum);
    var total = 0;
    form.querySelectorAll("input[inputmode=decimal]").forEach(function (field) {
      total += hundredths(field.value);
    });
    var off = total - hundredths(form.dataset.total);
    var place = document.getElementById("total");
    place.querySelector("[data-sum]").textContent = total / 100;
    place.querySelector("[data-off]").textContent =
      off ? "，" + (off > 0 ? "多" : "少") + Math.abs(off) / 100 + "分" : "";
    place.classList.toggle("error", off !== 0);
  }
  form.addEventListener("input", show);
  show();
  var summary = document.getElementById("summary");
  if (summary) summary.focus();
})();

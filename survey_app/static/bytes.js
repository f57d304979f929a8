// Bytes as the site's scripts write them: hexadecimal in small letters, and back.
"use strict";
window.bytes = {
  hex: function (bytes) {
    return Array.from(bytes, function (one) { return one.toString(16).padStart(2, "0"); }).join("");
  },
  of: function (text) {
    return Uint8Array.from(text.match(/../g) || [], function (pair) { return parseInt(pair, 16); });
  }
};

// RSA blind signatures in the phone (RFC 9474, RSABSSA-SHA384-PSS-Randomized): whoever signs sees a
// number that tells nothing, and the token that comes of it shows that its holder was let in.
// WebCrypto, BigInt and bytes.js; where the first two are missing, `blindSignatures` stays undefined.
"use strict";
(function () {
  if (!window.isSecureContext || !window.crypto || !crypto.subtle || typeof BigInt !== "function") {
    return;
  }
  var hex = bytes.hex, bytesOf = bytes.of;
  var HASH = "SHA-384", LENGTH = 48, PREFIX = 32;

  function joined() {
    var parts = Array.prototype.slice.call(arguments);
    var bytes = new Uint8Array(parts.reduce(function (sum, part) { return sum + part.length; }, 0));
    var at = 0;
    parts.forEach(function (part) { bytes.set(part, at); at += part.length; });
    return bytes;
  }
  function numberOf(bytes) { return BigInt("0x" + (hex(bytes) || "0")); }
  function sized(number, size) { return bytesOf(number.toString(16).padStart(2 * size, "0")); }
  function random(count) { return crypto.getRandomValues(new Uint8Array(count)); }
  async function digest(bytes) { return new Uint8Array(await crypto.subtle.digest(HASH, bytes)); }

  function power(base, exponent, modulus) {
    var result = 1n;
    for (base %= modulus; exponent > 0n; exponent >>= 1n, base = base * base % modulus) {
      if (exponent & 1n) result = result * base % modulus;
    }
    return result;
  }
  // The inverse, or null where there is none (extended Euclid).
  function inverse(number, modulus) {
    var r = [modulus, number % modulus], t = [0n, 1n];
    while (r[1] > 0n) {
      var q = r[0] / r[1];
      r = [r[1], r[0] - q * r[1]];
      t = [t[1], t[0] - q * t[1]];
    }
    return r[0] === 1n ? (t[0] + modulus) % modulus : null;
  }

  // MGF1 (RFC 8017, B.2.1).
  async function mask(seed, length) {
    var out = new Uint8Array(0);
    for (var count = 0; out.length < length; count++) {
      out = joined(out, await digest(joined(seed, sized(BigInt(count), 4))));
    }
    return out.slice(0, length);
  }
  // EMSA-PSS (RFC 8017, 9.1.1).
  async function encoded(message, salt, bits) {
    var size = Math.ceil(bits / 8);
    var h = await digest(joined(new Uint8Array(8), await digest(message), salt));
    var db = new Uint8Array(size - LENGTH - 1);
    db[db.length - salt.length - 1] = 1;
    db.set(salt, db.length - salt.length);
    var cover = await mask(h, db.length);
    db = db.map(function (one, at) { return one ^ cover[at]; });
    db[0] &= 255 >> (8 * size - bits);
    return joined(db, h, Uint8Array.of(0xbc));
  }

  function keyOf(modulus, exponent) {
    var n = BigInt("0x" + modulus), bits = n.toString(2).length;
    return { n: n, e: BigInt("0x" + exponent), bits: bits, size: Math.ceil(bits / 8) };
  }
  function factor(key) {
    for (;;) {
      var r = numberOf(random(key.size));
      var inv = r < key.n && r > 1n ? inverse(r, key.n) : null;
      if (inv !== null) return { r: r, inv: inv };
    }
  }

  // Prepare (4.1): what is signed is this token with random bytes before it.
  function prepared(token) { return joined(random(PREFIX), token); }

  // Blind (4.2): what may be sent, and what must stay here. `salt` and `blinder` are made here; they
  // are arguments for the sake of the RFC's test vectors alone.
  async function blind(key, message, salt, blinder) {
    var m = numberOf(await encoded(message, salt || random(LENGTH), key.bits - 1));
    if (inverse(m, key.n) === null) throw new Error("not invertible");
    var f = blinder || factor(key);
    return { sent: hex(sized(m * power(f.r, key.e, key.n) % key.n, key.size)), inv: f.inv };
  }

  // Finalize (4.4): the signature without its blinding, or an error if it is not the key's.
  async function finish(key, message, signed, inv) {
    var signature = sized(numberOf(bytesOf(signed)) * inv % key.n, key.size);
    if (!(await verified(key, message, signature))) throw new Error("not this key's signature");
    return hex(signature);
  }
  async function verified(key, message, signature) {
    var jwk = { kty: "RSA", alg: "PS384", n: text64(sized(key.n, key.size)), e: text64(trimmed(key.e)) };
    var usable = { name: "RSA-PSS", hash: HASH };
    var known = await crypto.subtle.importKey("jwk", jwk, usable, false, ["verify"]);
    return crypto.subtle.verify({ name: "RSA-PSS", saltLength: LENGTH }, known, signature, message);
  }
  function trimmed(number) { return sized(number, Math.ceil(number.toString(16).length / 2)); }
  function text64(bytes) {
    return btoa(String.fromCharCode.apply(null, bytes))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  window.blindSignatures = {
    keyOf: keyOf, prepared: prepared, blind: blind, finish: finish,
    numberOf: numberOf, inverse: inverse, random: random
  };
})();

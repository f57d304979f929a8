// A photo on the device: made smaller, faces blurred by hand, before anything of it is kept or sent.

import { fingerprint } from "./records.js";

const EDGE = 2560, QUALITY = 0.85, GRAIN = 16, BRUSH = 14;

async function pictureOf(file) {
  try { return await createImageBitmap(file, { imageOrientation: "from-image" }); } catch (error) { return null; }
}

function drawn(picture) {
  const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.trunc(picture.width * scale));
  canvas.height = Math.max(1, Math.trunc(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// The picture in so few blocks that no face is left in it.
function blocksOf(canvas) {
  const blocks = document.createElement("canvas");
  const grain = Math.max(1, Math.trunc(Math.max(canvas.width, canvas.height) / GRAIN));
  blocks.width = Math.max(1, Math.trunc(canvas.width / grain));
  blocks.height = Math.max(1, Math.trunc(canvas.height / grain));
  const small = blocks.getContext("2d");
  small.imageSmoothingQuality = "high";
  small.drawImage(canvas, 0, 0, blocks.width, blocks.height);
  return blocks;
}

function blur(canvas, blocks, x, y) {
  const pen = canvas.getContext("2d");
  pen.save();
  pen.beginPath();
  pen.arc(x, y, Math.max(canvas.width, canvas.height) / BRUSH, 0, 7);
  pen.clip();
  pen.imageSmoothingEnabled = false;
  pen.drawImage(blocks, 0, 0, canvas.width, canvas.height);
  pen.restore();
}

// Shows the picture to be painted over; resolves with its bytes, or null when it is put away.
function edited(canvas, host, words) {
  const blocks = blocksOf(canvas), fresh = document.createElement("canvas");
  fresh.width = canvas.width; fresh.height = canvas.height;
  fresh.getContext("2d").drawImage(canvas, 0, 0);
  const panel = document.createElement("div"), hint = document.createElement("p");
  panel.className = "blur";
  hint.textContent = words.blurHint;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", words.blurHint);
  panel.append(hint, canvas);
  const paint = (event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
    blur(canvas, blocks, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
    event.preventDefault();
  };
  canvas.addEventListener("pointerdown", paint);
  canvas.addEventListener("pointermove", paint);
  return new Promise((resolve) => {
    const button = (text, style, act) => {
      const made = document.createElement("button");
      made.type = "button"; made.textContent = text; made.className = style;
      made.addEventListener("click", act);
      panel.append(made, " ");
      return made;
    };
    const end = (found) => { panel.remove(); resolve(found); };
    const use = button(words.blurUse, "button", () => {
      canvas.toBlob((blob) => blob.arrayBuffer().then(end), "image/jpeg", QUALITY);
    });
    button(words.blurAll, "second", () => {
      const pen = canvas.getContext("2d");
      pen.imageSmoothingEnabled = false;
      pen.drawImage(blocks, 0, 0, canvas.width, canvas.height);
    });
    button(words.blurUndo, "second", () => canvas.getContext("2d").drawImage(fresh, 0, 0));
    button(words.blurDrop, "second", () => end(null));
    host.append(panel);
    use.focus();
  });
}

// A photo of a kind that the server draws and this browser may not: HEIC, by its first bytes.
function isHeic(raw) {
  const head = String.fromCharCode(...new Uint8Array(raw, 0, Math.min(12, raw.byteLength)));
  return /^....ftyp(heic|heix|hevc|heim|heis|mif1|msf1|heif)/s.test(head);
}

// What the expert chose, ready to be kept: null when it was put away again. What this browser cannot
// draw (HEIC) is kept as it is; the server can.
export async function prepare(file, host, words, most) {
  const raw = await file.arrayBuffer();
  const original = await fingerprint(raw), picture = await pictureOf(file);
  if (!picture && !isHeic(raw)) throw new Error(words.photoNone);
  if (!picture && !window.confirm(words.photoRaw)) return null;
  const bytes = picture ? await edited(drawn(picture), host, words) : raw;
  if (!bytes) return null;
  if (bytes.byteLength > most) throw new Error(words.photoLarge);
  return { bytes, original, size: bytes.byteLength, sha256: await fingerprint(bytes) };
}

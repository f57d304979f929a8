"""Sixty files that somebody sends as a photo of a visit: what must be refused, or made harmless."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageOps, PngImagePlugin
from pillow_heif import register_heif_opener

register_heif_opener()
SCRIPT = b"<script>alert(1)</script>"
MARK = b"SECRET-39.9042-116.4074"
"""Stands in every file that carries something along; no kept photo may hold it."""
FAKES = {
    "svg with script": b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "svg as xml": b'<?xml version="1.0"?><svg onload="alert(1)"/>',
    "html": b"<!doctype html><html>" + SCRIPT,
    "php": b"<?php system($_GET['c']); ?>",
    "shell": b"#!/bin/sh\nrm -rf /\n",
    "elf": b"\x7fELF\x02\x01\x01" + bytes(200),
    "exe": b"MZ" + bytes(400),
    "pdf": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
    "gzip bomb": zlib.compress(bytes(4_000_000)),
    "empty after magic": b"\xff\xd8\xff",
    "jpeg magic and zeros": b"\xff\xd8\xff\xe0" + bytes(5000),
    "png magic alone": b"\x89PNG\r\n\x1a\n",
    "webp magic alone": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "heic magic alone": b"\x00\x00\x00\x1cftypheic\x00\x00\x00\x00" + bytes(40),
    "avif magic": b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00" + bytes(40),
    "random": bytes((7 * n * n + 3) % 256 for n in range(3000)),
    "text": "照片".encode() * 50,
    "one byte": b"\x00",
    "xbm": b"#define im_width 9\n#define im_height 9\nstatic char im_bits[] = {0};",
    "imagemagick mvg": b"push graphic-context\nimage over 0,0 0,0 'ephemeral:/etc/passwd'\n",
    "m3u8": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "netpbm bomb": b"P6 99999 99999 255\n",
    "ico": bytes.fromhex("00000100010000ffff0000010020001000000016000000"),
    "psd": b"8BPS\x00\x01" + bytes(20),
}
"""What is no photo of an allowed kind at all."""
KINDS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}


def picture(width: int = 64, height: int = 48) -> Image.Image:
    """A small picture that is not of one colour."""
    shade = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (shade, shade.rotate(180), ImageOps.invert(shade)))


def packed(image: Image.Image, kind: str, **more: object) -> bytes:
    """The picture as a file of this kind."""
    file = BytesIO()
    image.save(file, KINDS[kind], **more)
    return file.getvalue()


def hostile() -> Iterator[tuple[str, bytes, bool]]:
    """Name, content, and whether it is to be kept once drawn anew."""
    for name, content in FAKES.items():
        yield name, content, False
    for kind in KINDS:
        good = packed(picture(), kind)
        yield f"{kind} cut in the middle", good[: len(good) // 2], False
        yield f"{kind} cut in its head", good[:25], False
        yield f"{kind} with html behind it", good + SCRIPT + MARK, True
        yield f"{kind} with a zip behind it", good + _archive(), True
        yield f"{kind} with EXIF and GPS", packed(picture(), kind, exif=_exif()), True
    yield from _bombs()
    yield from _laden()
    for name, image in (("gif", "GIF"), ("bmp", "BMP"), ("tiff", "TIFF"), ("ppm", "PPM")):
        file = BytesIO()
        picture().save(file, image)
        yield f"{name} named as a photo", file.getvalue(), False


def _bombs() -> Iterator[tuple[str, bytes, bool]]:
    """Few bytes that say they are very many pixels."""
    yield "png of 900 million pixels", _png(30_000, 30_000, b""), False
    yield "png of 4 billion pixels an edge", _png(0xFFFFFFFF, 1, b""), False
    yield "png of no pixels", _png(0, 9, b""), False
    yield "png whose pixels end early", _png(7000, 7000, zlib.compress(bytes(99))), False
    jpeg = bytearray(packed(picture(), "jpg"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 65_535, 65_535)
    yield "jpeg that says 65535 x 65535", bytes(jpeg), False
    webp = bytearray(packed(picture(), "webp", lossless=True))
    webp[21:25] = b"\xff\xff\xff\x0f"
    yield "webp that says 16384 x 16384", bytes(webp), False


def _laden() -> Iterator[tuple[str, bytes, bool]]:
    """Photos that carry something along in a place of their own."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", (SCRIPT + MARK).decode())
    yield "png with text", packed(picture(), "png", pnginfo=info), True
    zipped = PngImagePlugin.PngInfo()
    zipped.add_text("Bomb", "\x00" * 20_000_000, zip=True)
    yield "png whose text is a bomb", packed(picture(), "png", pnginfo=zipped), False
    yield "jpeg with a comment", packed(picture(), "jpg", comment=SCRIPT + MARK), True
    yield "jpeg with a false colour profile", packed(picture(), "jpg", icc_profile=MARK * 40), True
    more = [picture().rotate(n) for n in range(3)]
    yield "moving webp", packed(picture(), "webp", save_all=True, append_images=more), True
    clear = picture().convert("RGBA")
    clear.putalpha(0)
    yield "png that is clear all over", packed(clear, "png"), True
    yield "jpeg behind a zip", _archive() + packed(picture(), "jpg"), False


def _archive() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../evil.html", SCRIPT + MARK)
    return file.getvalue()


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = MARK.decode()
    exif[0x0112] = 6  # turned
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (39.0, 54.0, 15.0)
    return exif.tobytes()


def _png(width: int, height: int, pixels: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        end = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", end)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    whole = chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + whole

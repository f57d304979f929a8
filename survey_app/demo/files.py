"""Small real files that the sample's people attach: a PDF, a spreadsheet, a photograph."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

from openpyxl import Workbook
from PIL import Image


def make_file(kind: str, words: str) -> tuple[str, bytes, str]:
    """Name, content and type of a file of ``kind`` (pdf, xlsx, jpeg) that says ``words``."""
    make, media = _KINDS[kind]
    return f"{words}.{kind}", make(words), media


def _pdf(words: str) -> bytes:
    """One page; the words are in ASCII, since a built-in font has nothing else."""
    plain = words.encode("ascii", "ignore").decode("ascii")
    text = f"BT /F1 18 Tf 72 720 Td (Sample {plain}) Tj ET"
    parts = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{part}\nendobj\n".encode("ascii")
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    count = len(parts) + 1
    table = f"xref\n0 {count}\n0000000000 65535 f \n{rows}"
    end = f"trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + (table + end).encode("ascii")


def _xlsx(words: str) -> bytes:
    book, stream = Workbook(), io.BytesIO()
    book.active.append(["样例", words])
    book.save(stream)
    return stream.getvalue()


def _jpeg(words: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 210, 220)).save(stream, "JPEG", comment=words.encode())
    return stream.getvalue()


_KINDS: Mapping[str, tuple[Callable[[str], bytes], str]] = {
    "pdf": (_pdf, "application/pdf"),
    "xlsx": (_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "jpeg": (_jpeg, "image/jpeg"),
}

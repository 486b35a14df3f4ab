"""Small files as programs write them: a PDF, pictures, documents of Word and Excel, made from nothing."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

OFFICE = "application/vnd.openxmlformats-officedocument."
WORD_MAIN = f"{OFFICE}wordprocessingml.document.main+xml"
EXCEL_MAIN = f"{OFFICE}spreadsheetml.sheet.main+xml"
TYPES = {
    "pdf": "application/pdf",
    "docx": f"{OFFICE}wordprocessingml.document",
    "xlsx": f"{OFFICE}spreadsheetml.sheet",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}


def pdf(text: str = "Plan", *, trailer: bytes = b"", body: bytes = b"") -> bytes:
    """One page with a line of text, as PDF 1.4."""
    stream = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
    ]
    if body:
        objects.append(body)
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def png(width: int = 3, height: int = 2) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + b"\x40" * 3 * min(width, 9) for _line in range(min(height, 9))))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg(width: int = 8, height: int = 8, *, comment: bytes = b"") -> bytes:
    """The frame of a picture; its scan is short, which no reader of heads minds."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    parts = [
        (0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        *([(0xFE, comment)] if comment else []),
        (0xDB, b"\0" + b"\x01" * 64),
        (0xC0, frame),
        (0xDA, b"\x01\x01\x00\x00\x3f\x00"),
    ]
    body = b"".join(struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data for marker, data in parts)
    return b"\xff\xd8" + body + b"\x3f\xa0\xff\xd9"


def docx(extra: Mapping[str, bytes | str] | None = None, *, main: str = WORD_MAIN) -> bytes:
    return office("word/document.xml", main, "<w:document><w:body/></w:document>", extra)


def xlsx(extra: Mapping[str, bytes | str] | None = None, *, main: str = EXCEL_MAIN) -> bytes:
    return office("xl/workbook.xml", main, "<workbook><sheets/></workbook>", extra)


def office(part: str, main: str, content: str, extra: Mapping[str, bytes | str] | None = None) -> bytes:
    types = f'<Types><Override PartName="/{part}" ContentType="{main}"/></Types>'
    rels = f'<Relationships><Relationship Id="r1" Type="officeDocument" Target="{part}"/></Relationships>'
    return archive({"[Content_Types].xml": types, "_rels/.rels": rels, part: content, **(extra or {})})


def archive(members: Mapping[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as found:
        for name, content in members.items():
            found.writestr(name, content)
    return out.getvalue()


GOOD = {"pdf": pdf(), "docx": docx(), "xlsx": xlsx(), "png": png(), "jpg": jpeg(), "jpeg": jpeg()}

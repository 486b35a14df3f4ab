"""Files that are attached: each kind is taken, and whatever only pretends to be one is refused, quickly."""

import hashlib
import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from quintet.interchange.evidence_files import LONGEST_NAME, check_file, shown_name
from tests.quintet.samples import GOOD, TYPES, archive, chunk, docx, jpeg, pdf, png, xlsx
from un20portal.lib.errors import InvalidInput

MOST = 2_000_000
Make = Callable[[], bytes]


def upload(name: str, content: bytes, declared: str | None = None) -> SimpleUploadedFile:
    kind = TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    return SimpleUploadedFile(name, content, content_type=declared or kind)


class TestTakes:
    @pytest.mark.parametrize("extension", sorted(GOOD))
    def test_every_kind_as_its_program_writes_it(self, extension: str) -> None:
        content = GOOD[extension]
        found = check_file(upload(f"Plan 2026.{extension.upper()}", content), most_bytes=MOST)
        assert (found.name, found.size) == (f"Plan 2026.{extension.upper()}", len(content))
        assert found.content_type == TYPES[extension]
        assert found.sha256 == hashlib.sha256(content).hexdigest()
        assert found.content.read() == content

    @pytest.mark.parametrize(
        "declared", ["application/octet-stream", "application/pdf; x=y", "APPLICATION/PDF"]
    )
    def test_what_browsers_call_it(self, declared: str) -> None:
        assert check_file(upload("a.pdf", pdf(), declared), most_bytes=MOST).content_type == "application/pdf"

    def test_documents_with_pictures_links_and_embedded_sheets(self) -> None:
        link = '<Relationship Type="x/hyperlink" Target="https://a.b" TargetMode="External"/>'
        inside: dict[str, bytes | str] = {
            "word/media/image1.png": png(),
            "word/_rels/document.xml.rels": f"<Relationships>{link}</Relationships>",
            "word/embeddings/Microsoft_Excel_Sheet1.xlsx": xlsx(),
        }
        check_file(upload("a.docx", docx(inside)), most_bytes=MOST)

    def test_a_pdf_with_updates_at_its_end(self) -> None:
        check_file(
            upload("a.pdf", pdf() + b"1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\r\n"), most_bytes=MOST
        )

    def test_a_pdf_with_packed_objects(self) -> None:
        field = b"<< /Type /Annot /T (/JavaScriptless) >> << /S /URI /URI (https://example.org) >>"
        check_file(upload("a.pdf", pdf(body=packed(field * 2000))), most_bytes=MOST)

    def test_a_pdf_with_much_to_draw(self) -> None:
        drawn = zlib.compress(b"1 0 0 -1 0 842 cm\nq\n" + b"1 2 m 3 4 l S\n" * 4_000_000)
        page = b"<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(drawn) + drawn + b"\nendstream"
        check_file(upload("a.pdf", pdf(body=page)), most_bytes=MOST)


# --- what is refused ----------------------------------------------------------------------------------
def tampered(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


def bomb(size: int) -> bytes:
    return docx({"word/media/a.xml": b"\0" * size})


def lying_bomb() -> bytes:
    """The directory and the member say 10 bytes; 80 MB come out."""
    content = bytearray(docx({"word/media/a.bin2": b"\0" * 80_000_000}))
    size = struct.pack("<I", 80_000_000)
    return bytes(content).replace(size, struct.pack("<I", 10))


def doubled() -> bytes:
    out = io.BytesIO(docx())
    with zipfile.ZipFile(out, "a") as found, pytest.warns(UserWarning, match="Duplicate"):
        found.writestr("word/document.xml", "<other/>")
    return out.getvalue()


def linked() -> bytes:
    out = io.BytesIO(docx())
    with zipfile.ZipFile(out, "a") as found:
        info = zipfile.ZipInfo("word/link.xml")
        info.external_attr = 0o120777 << 16
        found.writestr(info, "/etc/passwd")
    return out.getvalue()


def commented() -> bytes:
    out = io.BytesIO(docx())
    with zipfile.ZipFile(out, "a") as found:
        found.comment = b"<script>alert(1)</script>"
    return out.getvalue()


def locked_member() -> bytes:
    content = bytearray(docx())
    content[6] |= 1
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    return bytes(content)


def crowd_in_the_directory() -> bytes:
    """An end record that promises 60 000 members."""
    content = bytearray(docx())
    content[-14:-10] = struct.pack("<HH", 60_000, 60_000)
    return bytes(content)


def rels(kind: str) -> dict[str, bytes | str]:
    target = (
        f'<Relationship Id="r" Type="http://x/{kind}" Target="http://evil/a.dotm" TargetMode="External"/>'
    )
    return {"word/_rels/settings.xml.rels": f"<Relationships>{target}</Relationships>"}


def packed(objects: bytes, said: bytes = b"/Type /ObjStm") -> bytes:
    """A stream of objects as programs write it since PDF 1.5."""
    data = zlib.compress(b"11 0 12 30 " + objects)
    head = b"<< %s /N 2 /First 11 /Filter /FlateDecode /Length %d >>\nstream\n" % (said, len(data))
    return head + data + b"\nendstream"


SCRIPT = b"<< /OpenAction 12 0 R >> << /S /JavaScript /JS (app.alert\\(1\\)) >>"
OTHERWISE = b"<< /Type /ObjStm /Filter 9 0 R >>\nstream\nxyz\nendstream"
TWICE = b"/Type /ObjStm /X [/FlateDecode /ASCIIHexDecode]"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
XLM: dict[str, bytes | str] = {"xl/macrosheets/sheet1.xml": "<xm:macrosheet/>"}
ENTITIES = '<!DOCTYPE lolz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:document>&b;</w:document>'

KINDS: list[tuple[str, Make]] = [
    ("no extension", pdf),
    ("page.html", lambda: HTML),
    ("picture.svg", lambda: SVG),
    ("program.exe", lambda: b"MZ\x90\x00" * 100),
    ("old.doc", lambda: OLE),
    ("macros.docm", docx),
    ("macros.xlsm", xlsx),
    ("archive.zip", docx),
    ("slides.pptx", docx),
    ("plan.pdf.exe", pdf),
    ("annexe\u202efdp.exe", pdf),
    ("a.pdf\u0000.html", pdf),
    (".pdf", pdf),
    ("..", pdf),
    ("../../../etc/passwd", pdf),
    ("", pdf),
    ("plan.рdf", pdf),  # the first letter is Cyrillic
]
CONTENTS: list[tuple[str, Make]] = [
    ("empty.pdf", lambda: b""),
    ("empty.png", lambda: b""),
    ("html.pdf", lambda: HTML),
    ("svg.png", lambda: SVG),
    ("png.pdf", png),
    ("pdf.png", pdf),
    ("jpeg.png", jpeg),
    ("word.xlsx", docx),
    ("excel.docx", xlsx),
    ("pdf.docx", pdf),
    ("zip.docx", lambda: archive({"a.txt": "a"})),
    ("types only.docx", lambda: archive({"[Content_Types].xml": "<Types/>"})),
    ("text.docx", lambda: b"PK\x03\x04 and no archive at all" * 20),
    ("locked.docx", lambda: OLE),
    ("old.xlsx", lambda: OLE),
    ("large.pdf", lambda: pdf() + b"\n" * MOST),
    # PDF
    ("cut.pdf", lambda: pdf()[:200]),
    ("head only.pdf", lambda: b"%PDF-1.4\n"),
    ("late head.pdf", lambda: b"\n\n" + pdf()),
    ("locked.pdf", lambda: pdf(trailer=b"/Encrypt 9 0 R")),
    ("locked by another spelling.pdf", lambda: pdf(trailer=b"/#45ncrypt 9 0 R")),
    ("script.pdf", lambda: pdf(body=b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>")),
    ("script by another spelling.pdf", lambda: pdf(body=b"<< /S /J#61vaScript /JS (x) >>")),
    ("packed script.pdf", lambda: pdf(body=packed(SCRIPT))),
    ("packed script by another spelling.pdf", lambda: pdf(body=packed(SCRIPT, b"/Type /Obj#53tm"))),
    ("packed script behind a long name.pdf", lambda: pdf(body=packed(SCRIPT, b"/X (%s)" % (b"x" * 9000)))),
    ("packed script far inside.pdf", lambda: pdf(body=packed(b"null " * 9000 + SCRIPT))),
    ("packed twice.pdf", lambda: pdf(body=packed(SCRIPT.hex().encode(), TWICE))),
    ("packed otherwise.pdf", lambda: pdf(body=OTHERWISE)),
    ("packed bomb.pdf", lambda: pdf(body=packed(b"null " * 11_000_000))),
    ("program.pdf", lambda: pdf(body=b"<< /S /Launch /F (cmd.exe) >>")),
    ("page.pdf", lambda: tampered(pdf(), b"%\xe2\xe3\xcf\xd3", b"<html><script>alert(1)</script>")),
    ("pdf and zip.pdf", lambda: pdf() + archive({"a.txt": "a"})),
    ("zip inside.pdf", lambda: pdf(body=archive({"a.txt": "a"}))),
    ("pdf and page.pdf", lambda: pdf() + HTML),
    # pictures
    ("cut.png", lambda: png()[:-6]),
    ("signature.png", lambda: png()[:8]),
    ("damaged.png", lambda: tampered(png(), b"IDAT", b"IDAT\x00")),
    ("changed.png", lambda: tampered(png(), b"\x08\x02\x00", b"\x08\x06\x00")),
    ("no head.png", lambda: png()[:8] + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")),
    ("png and zip.png", lambda: png() + archive({"a.txt": "a"})),
    ("png and page.png", lambda: png() + HTML),
    ("endless.png", lambda: png(60_000, 60_000)),
    ("endless chunk.png", lambda: png()[:8] + struct.pack(">I4s", 2**31, b"IHDR")),
    ("nothing.png", lambda: png(0, 4)),
    ("cut.jpg", lambda: jpeg()[:-2]),
    ("signature.jpg", lambda: b"\xff\xd8\xff"),
    ("jpeg and zip.jpg", lambda: jpeg() + archive({"a.txt": "a"})),
    ("zip before the end.jpg", lambda: jpeg()[:-2] + archive({"a.txt": "a"}) + b"\xff\xd9"),
    ("page.jpg", lambda: jpeg(comment=HTML)),
    ("endless.jpg", lambda: jpeg(65_000, 65_000)),
    # archives
    ("bomb.docx", lambda: bomb(60_000_000)),
    ("dense.docx", lambda: bomb(20_000_000)),
    ("lying bomb.docx", lying_bomb),
    ("crowd.docx", lambda: docx({f"word/part{number}.xml": "<a/>" for number in range(220)})),
    ("promised crowd.docx", crowd_in_the_directory),
    ("twice.docx", doubled),
    ("case.docx", lambda: docx({"WORD/document.xml": "<other/>"})),
    ("out.docx", lambda: docx({"../../etc/cron.d/x": "x"})),
    ("root.docx", lambda: docx({"/etc/passwd": "x"})),
    ("windows.docx", lambda: docx({"C:/evil.xml": "x"})),
    ("backslash.docx", lambda: tampered(docx({"word/aXb.xml": "x"}), b"word/aXb", b"word/a\\b")),
    ("nul.docx", lambda: tampered(docx({"word/aXb.xml": "x"}), b"word/aXb", b"word/a\0b")),
    ("link.docx", linked),
    ("comment.docx", commented),
    ("before.docx", lambda: b"#!/bin/sh\n" + docx()),
    ("hidden before.docx", lambda: b"PK\x03\x04 hidden" + docx()),
    ("after.docx", lambda: docx() + HTML),
    ("cut.docx", lambda: docx()[:-30]),
    (
        "damaged.docx",
        lambda: tampered(docx({"word/x.xml": "abc" * 9}), b"word/x.xml", b"word/y.xml"[:9] + b"\xff"),
    ),
    ("locked member.docx", locked_member),
    ("entities.docx", lambda: docx({"word/a.xml": ENTITIES})),
    ("entities in UTF-16.docx", lambda: docx({"word/a.xml": ENTITIES.encode("utf-16")})),
    # programs
    ("macro.docx", lambda: docx({"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"})),
    ("macro type.docx", lambda: docx(main="application/vnd.ms-word.document.macroEnabled.main+xml")),
    ("macro.xlsx", lambda: xlsx({"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})),
    ("macro sheet.xlsx", lambda: xlsx(XLM)),
    ("controls.docx", lambda: docx({"word/activeX/activeX1.xml": "<ax/>"})),
    ("object.docx", lambda: docx({"word/embeddings/oleObject1.bin": OLE})),
    ("program inside.docx", lambda: docx({"word/media/setup.exe": b"MZ"})),
    ("page inside.docx", lambda: docx({"word/afchunk.html": HTML})),
    ("template.docx", lambda: docx(rels("attachedTemplate"))),
    ("object elsewhere.docx", lambda: docx(rels("oleObject"))),
    ("template main.docx", lambda: docx(main="application/vnd.openxmlformats-officedocument.x")),
]


@pytest.mark.parametrize(
    ("name", "make"),
    [*KINDS, *CONTENTS],
    ids=[f"{number}-{name[:30]}" for number, (name, _make) in enumerate([*KINDS, *CONTENTS])],
)
def test_a_hostile_or_broken_file_is_refused_quickly_and_says_what_to_do(name: str, make: Make) -> None:
    content = make()
    sent = upload("x", content, TYPES.get(name.rpartition(".")[2], "application/octet-stream"))
    sent.__dict__["_name"] = name  # as a client could send it; Django's own cleaning is not counted on
    began = time.process_time()
    with pytest.raises(InvalidInput) as refusal:
        check_file(sent, most_bytes=MOST)
    assert time.process_time() - began < 2
    [error] = refusal.value.errors
    assert error.field == "file"
    assert any(word in str(error) for word in ("save", "choose", "make it", "Attach", "open it")), str(error)


@pytest.mark.parametrize("declared", ["text/html", "image/svg+xml", "image/png", "application/x-msdownload"])
def test_a_file_that_calls_itself_something_else_is_refused(declared: str) -> None:
    with pytest.raises(InvalidInput, match="calls itself"):
        check_file(upload("a.pdf", pdf(), declared), most_bytes=MOST)


class TestNames:
    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ("../../etc/plan.pdf", "plan.pdf"),
            ("C:\\Users\\me\\plan.pdf", "plan.pdf"),
            ("plan\u202exslx.pdf", "planxslx.pdf"),
            ("pl\x00an\r\n.pdf", "plan.pdf"),
            ("a\u2028b.pdf", "a b.pdf"),
            ("План 2026 – خطة.pdf", "План 2026 – خطة.pdf"),
            ("  plan 1 .pdf..", "plan 1.pdf"),
            ("x" * 300 + ".pdf", "x" * (LONGEST_NAME - 3) + ".pdf"),
            ('"; filename=evil.exe; x=".pdf', '"; filename=evil.exe; x=".pdf'),
        ],
    )
    def test_are_shown_without_paths_and_hidden_signs(self, sent: str, shown: str) -> None:
        assert shown_name(sent) == shown

    @given(st.text())
    def test_of_any_kind_can_be_shown(self, name: str) -> None:
        shown = shown_name(name)
        assert shown.isprintable()
        assert "/" not in shown
        assert "\\" not in shown

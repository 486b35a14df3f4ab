"""The program that turns a page into a tagged PDF: HTML comes in, a PDF goes out, nothing else is reached.

It runs in a process of its own, so that what typesets (and its fonts) never stays in the memory of those who
serve pages or do other work. No Django, no database; equal pages give equal bytes.
"""

import hashlib
import sys

EDITION_OF_TYPE = "pdf/ua-1"


def typeset(page: bytes) -> bytes:
    """Return the page as PDF/UA: tags, bookmarks, language and title are those of the HTML."""
    from weasyprint import HTML  # in this process alone

    return HTML(string=page.decode(), url_fetcher=_refuse).write_pdf(
        pdf_variant=EDITION_OF_TYPE,
        pdf_identifier=hashlib.sha256(page).hexdigest()[:32].encode(),
        hinting=False,
    )


def _refuse(address: str, *_arguments: object, **_options: object) -> None:
    """A paper needs nothing from outside: whatever asks for it is a mistake."""
    raise ValueError(f"a paper loads nothing: {address}")


if __name__ == "__main__":
    sys.stdout.buffer.write(typeset(sys.stdin.buffer.read()))

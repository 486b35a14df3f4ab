"""What is said of a document: days, titles and addresses that can be kept, and those that cannot."""

from datetime import date

import pytest

from quintet.domain.evidence import Details, document_address, require_sound, require_web_address, staleness
from un20portal.lib.errors import InvalidInput

DAY = date(2026, 5, 31)


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "https://example.org/plan.pdf",
            "http://example.org",
            " https://example.org/a?b=c&d=%20#page=3 ",
            "HTTPS://example.org:8443/",
            "https://example.org/план",
        ],
    )
    def test_of_the_web_are_taken(self, url: str) -> None:
        assert require_web_address(url) == url.strip()

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "example.org",
            "javascript:alert(1)",
            "JavaScript:alert(1)//https://example.org",
            "java\tscript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "file:///etc/passwd",
            "ftp://example.org/x",
            "//example.org/x",
            "https:example.org",
            "https://",
            "https://example.org/\x00",
            "https://example.org/a b",
            "https://example.org/\nx",
            'https://example.org/"onmouseover="x',
            "https://example.org\\@evil.example",
            "https://[::1",
            "https://example.org:port/",
            "https://user:secret@example.org/",
            "https://example.org/\u202efdp",
            "https://example.org/" + "x" * 2000,
        ],
    )
    def test_of_other_kinds_are_refused_with_words(self, url: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            require_web_address(url)
        [error] = refusal.value.errors
        assert (error.field, bool(str(error))) == ("url", True)

    @pytest.mark.parametrize(
        "url",
        [
            "https://example.org/plan.pdf#page=3",
            "https://Example.ORG/plan.pdf#",
            "HTTPS://example.org.:443/plan.pdf",
        ],
    )
    def test_lead_to_one_document_however_they_are_written(self, url: str) -> None:
        assert document_address(url) == document_address("https://example.org/plan.pdf")

    @pytest.mark.parametrize(
        "url",
        [
            "https://example.org/Plan.pdf",
            "https://example.org:8443/plan.pdf",
            "http://example.org/plan.pdf?v=2",
        ],
    )
    def test_lead_to_different_documents(self, url: str) -> None:
        assert document_address(url) != document_address("https://example.org/plan.pdf")

    def test_without_a_path_lead_to_the_first_page(self) -> None:
        assert document_address("http://example.org:80") == document_address("http://example.org/")


class TestDetails:
    def test_are_tidied(self) -> None:
        told = require_sound(Details("  Plan\r\n of  2026 ", DAY, page=" 3 "))
        assert (told.title, told.page) == ("Plan of 2026", "3")

    @pytest.mark.parametrize(
        ("details", "field"),
        [
            (Details(" \n", DAY), "title"),
            (Details("x" * 201, DAY), "title"),
            (Details("a\x00b", DAY), "title"),
            (Details("caf\N{REPLACEMENT CHARACTER}", DAY), "title"),
            (Details("Plan", DAY, page="x" * 51), "page"),
            (Details("Plan", DAY, date(2026, 5, 30)), "expires_on"),
        ],
    )
    def test_that_cannot_be_kept_are_refused(self, details: Details, field: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            require_sound(details)
        assert [error.field for error in refusal.value.errors] == [field]


def test_months_are_counted_by_the_calendar() -> None:
    leap_day = date(2028, 2, 29)
    assert staleness(effective_on=date(2026, 2, 28), expires_on=None, on=leap_day) == ""
    assert staleness(effective_on=date(2026, 2, 27), expires_on=None, on=leap_day) == "old"

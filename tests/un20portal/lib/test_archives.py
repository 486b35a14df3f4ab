"""Archives from outside, judged before another program opens them (the corpus of workbooks has the rest)."""

import zipfile
from io import BytesIO

import pytest

from un20portal.lib.archives import Limits, members
from un20portal.lib.errors import InvalidInput


def archive(**parts: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


class TestMembers:
    def test_come_with_their_contents(self) -> None:
        assert list(members(archive(a=b"one", b=b"two"))) == [("a", b"one"), ("b", b"two")]

    @pytest.mark.parametrize("limits", [Limits(members=1), Limits(unpacked=5)])
    def test_are_limited_in_number_and_size(self, limits: Limits) -> None:
        with pytest.raises(InvalidInput):
            list(members(archive(a=b"one", b=b"two"), limits=limits))

    def test_may_be_repetitive_while_they_are_small(self) -> None:
        assert dict(members(archive(a=b"0" * 60_000)))["a"] == b"0" * 60_000
        with pytest.raises(InvalidInput, match="unpacks to more"):
            list(members(archive(a=b"0" * 2_000_000)))

    @pytest.mark.parametrize("cut", [1, 10, 40, 80, 120])
    def test_of_a_damaged_archive_are_refused(self, cut: int) -> None:
        with pytest.raises(InvalidInput, match=r"damaged|not as its program"):
            list(members(archive(a=b"one", b=b"two")[:-cut]))

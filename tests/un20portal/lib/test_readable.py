"""Texts that everybody reads: every script may be written in, and none painted over others."""

import unicodedata

import pytest

from un20portal.lib.readable import words_of, wrong_words

NATURAL = {
    "Arabic with all its vowels": "إِنَّ ٱلْعِلْمَ نُورٌ وَٱللَّٰهُ",
    "Burmese": "ရွှံ့ လွှဲပြောင်း မြန်မာဘာသာ",
    "Devanagari": "प्रौद्योगिकी र्त्स्न्यं क़ँ",
    "Emoji": "Done 👩🏽‍❤️‍👨🏽 1️⃣",
    "Hebrew with points": "בְּרֵאשִׁ֖ית שָׁ֑לוֹם",
    "Khmer": "ស្ត្រីក្នុងប្រព័ន្ធ",
    "Lithuanian with accents": "i̇́ m̃ ė́",
    "Tamil": "ஸ்ரீ தொழில்நுட்பம்",
    "Thai": "ที่นี้ ผู้ใหญ่ น้ำ",
    "Tibetan": "བསྒྲུབས་ རྒྱུ་ ཧཱུྃ",
    "Vietnamese": "Những điều kỳ diệu, Nguyễn, trường học",
    "Yoruba": "ọ̀nà ẹ̀kọ́",
}
PILES = {
    "a letter": "Z" + "\u0338\u0321\u0322\u031b\u0317" + "e",
    "below invisible signs": "Z" + "\u0301\u200d" * 6,
    "Thai": "ส" + "\u0e47" * 5,
    "circles": "a" + "\u20dd" * 5,
    "at the end": "Plan" + "\u0300\u0316" * 40,
}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("text", NATURAL.values(), ids=NATURAL)
def test_any_script_may_be_written_in(text: str, form: str) -> None:
    assert wrong_words("title", unicodedata.normalize(form, text)) == []  # type: ignore[arg-type]  # two forms


@pytest.mark.parametrize("text", PILES.values(), ids=PILES)
def test_marks_are_not_piled_up(text: str) -> None:
    (error,) = wrong_words("title", f"A plan {text} of ours")
    assert (error.field, error.code) == ("title", "piled_marks")
    assert "more than 4 marks" in str(error)


@pytest.mark.parametrize(
    ("text", "other", "is_alike"),
    [
        ("A plan", "a  PLAN.", True),
        ("A plan: one\u00a0of many", "A plan (one of many)!", True),
        ("Fünf", "Fu\u0308nf", True),
        ("A plan", "A plane", False),
        ("1.5", "15", False),
        ("5 %", "5 $", False),
        ("हिन्दी", "हिन्दि", False),
        ("计划。", "计划", True),
        ("خطة؟", "خطة", True),
    ],
)
def test_words_are_what_stands_between_signs(text: str, other: str, is_alike: bool) -> None:
    assert (words_of(text) == words_of(other)) is is_alike

"""`manage.py import_answers`: files as people have them; every bad row is named, and nothing is half done."""

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from entities.models import Entity
from quintet.models import Answer, Assessment, Cycle, NaDecision, Snapshot, Status
from tests.factories import make_entity, make_framework
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
HEAD = "entity,item,state,claimed,accepted,comment"
Import = Callable[..., str]


@pytest.fixture
def units() -> list[Entity]:
    make_framework()
    return [make_entity("UNDP"), make_entity("UNICEF"), make_entity("UN-Habitat")]


@pytest.fixture
def import_file(units: list[Entity], tmp_path: Path) -> Import:
    """Import a file with these lines (or these bytes) and return what the command printed."""

    def run(*lines: str, content: bytes | None = None, cycle: str = "2024") -> str:
        path = tmp_path / "answers.csv"
        path.write_bytes(content if content is not None else "\n".join(lines).encode())
        out = StringIO()
        call_command("import_answers", str(path), cycle=cycle, stdout=out)
        return out.getvalue()

    return run


def nothing_was_imported() -> bool:
    return not any(model.objects.exists() for model in (Cycle, Assessment, Answer, Snapshot, Message))


class TestAGoodFile:
    def test_becomes_validated_frozen_sheets(self, import_file: Import) -> None:
        told = import_file(
            HEAD, "UNDP,DAT-STR,answered,3,2,plan", "UNDP,DAT-LED,answered,2,,", "UNICEF,DAT-STR,answered,4,,"
        )
        assert told == "Answers imported into 2024: 3.\n"
        assert set(Assessment.objects.values_list("status", flat=True)) == {Status.VALIDATED}
        assert Snapshot.objects.count() == 2
        answer = Answer.objects.get(assessment__entity__code="UNDP", item__code="DAT-STR")
        assert (answer.claimed, answer.accepted, answer.comment) == (3, 2, "plan")

    def test_may_hold_all_three_states(self, import_file: Import) -> None:
        import_file(
            HEAD,
            "UNDP,DAT-STR,unanswered,,,figures come later",
            "UNDP,DAT-PMS,na,,,no programmes",
            "UNICEF,DAT-PMS,na,,,",
        )
        left_open = Answer.objects.get(item__code="DAT-STR")
        assert (left_open.state, left_open.claimed, left_open.comment) == (
            "unanswered",
            None,
            "figures come later",
        )
        requests = Answer.objects.filter(item__code="DAT-PMS").order_by("assessment__entity__code")
        assert [(answer.na_reason, answer.na_decision) for answer in requests] == [
            ("no programmes", NaDecision.APPROVED),
            ("Imported without a reason", NaDecision.APPROVED),
        ]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
    @pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
    def test_may_come_from_any_spreadsheet(self, import_file: Import, encoding: str, line_end: str) -> None:
        lines = [HEAD, " undp , dat-str ,answered, 3 ,,Страте́гия", "un-HABITAT,INN-STR,answered,0,,", ""]
        assert import_file(content=line_end.join(lines).encode(encoding)).endswith(": 2.\n")
        assert Answer.objects.get(claimed=3).comment == "Страте́гия"
        assert Answer.objects.get(claimed=0).assessment.entity.code == "UN-Habitat"

    def test_may_name_its_columns_in_any_order_and_have_more(self, import_file: Import) -> None:
        import_file("item,note,claimed,accepted,comment,state,entity", "DAT-STR,x,3,,c,answered,UNDP")
        assert Answer.objects.get().claimed == 3

    def test_keeps_line_breaks_and_rare_characters_inside_a_comment(self, import_file: Import) -> None:
        import_file(
            HEAD, 'UNDP,DAT-STR,answered,3,,"one', 'two ""three"", four"', "UNDP,DAT-LED,answered,1,,x"
        )
        assert Answer.objects.get(item__code="DAT-STR").comment == 'one\ntwo "three", four'

    @pytest.mark.parametrize("separator", ["\u2028", "\x85"])
    def test_does_not_take_rare_separators_for_the_end_of_a_row(
        self, import_file: Import, separator: str
    ) -> None:
        import_file(HEAD, f"UNDP,DAT-STR,answered,3,,one{separator}two", "UNDP,DAT-LED,answered,1,,")
        assert Answer.objects.get(item__code="DAT-STR").comment == f"one{separator}two"
        assert Answer.objects.count() == 2

    def test_may_be_large(self, import_file: Import, units: list[Entity]) -> None:
        rows = StringIO()
        writer = csv.writer(rows)
        writer.writerow(HEAD.split(","))
        items = [f"{d}-{e}" for d in ("DAT", "INN") for e in ("STR", "LED", "COE", "HRS", "TRN", "FUN")]
        for unit in units:
            writer.writerows([unit.code, item, "answered", 2, "", "x" * 9_000] for item in items)
        assert import_file(content=rows.getvalue().encode()).endswith(": 36.\n")


class TestABadFile:
    def test_is_refused_with_every_bad_row_by_its_line(self, import_file: Import) -> None:
        with pytest.raises(CommandError) as caught:
            import_file(
                HEAD,
                "UNDP,DAT-STR,answered,2,,fine",
                "NASA,DAT-STR,answered,2,,",
                "UNDP,DAT-XXX,answered,2,,",
                "UNDP,DAT-LED,answered,5,,",
                "UNDP,DAT-COE,maybe,2,,",
                "UNDP,DAT-STR,answered,3,,again",
                "UNDP,DAT-HRS,na,,,no",
                "UNDP,DAT-PMS,na,1,,no",
                "UNDP,DAT-TRN,answered,,,",
                "UNDP,DAT-FUN,answered,2,9,",
                "UNDP,INN-STR,unanswered,,2,",
                "UNDP,INN-LED,answered,2,,a,b",
                "UNDP,INN-COE",
            )
        lines = str(caught.value).splitlines()
        assert lines[0] == "Nothing was imported. Problems: 12."
        assert [line.strip().partition(":")[0] for line in lines[1:]] == [
            f"line {number}" for number in range(3, 15)
        ]
        expected = ["NASA", "DAT-XXX", "0 to 4", "answered, unanswered, na", "twice", "applies to every"]
        for words, line in zip(expected, lines[1:], strict=False):
            assert words in line
        assert nothing_was_imported()

    def test_names_the_last_line_of_a_row_that_spans_several(self, import_file: Import) -> None:
        with pytest.raises(CommandError, match="line 4: Unknown entity NASA"):
            import_file(HEAD, 'UNDP,DAT-STR,answered,2,,"one', 'two"', "NASA,DAT-STR,answered,2,,")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "missing: entity"),
            (b"\n", "missing: entity"),
            (b"entity;item;state\nUNDP;DAT-STR;answered", "missing: entity"),
            (b"entity,item,state,claimed,comment\n", "missing: accepted"),
            (b"\xff\xfe\x00e", "line 1 is not UTF-8"),
            (b"entity,item,state,claimed,accepted,comment\nUNDP,DAT-STR,answered,2,,\xe9", "line 2 is not"),
            (b"\xef\xbb\xbfentity,item\r\nUNDP,DAT-STR\r\n\xe9", "line 3 is not UTF-8"),
        ],
    )
    def test_without_the_columns_or_not_in_utf_8_is_refused(
        self, import_file: Import, content: bytes, words: str
    ) -> None:
        with pytest.raises(CommandError, match=words):
            import_file(content=content)
        assert nothing_was_imported()

    def test_of_the_first_line_alone_is_refused_and_makes_no_cycle(self, import_file: Import) -> None:
        with pytest.raises(CommandError, match="no answers"):
            import_file(HEAD)
        assert nothing_was_imported()

    @pytest.mark.parametrize(
        "comment", ["x" * 200_000, "a\x00b", "x" * 10_001, '"never closed', '"closed"but not the end']
    )
    def test_with_a_comment_that_cannot_be_stored_is_refused_with_its_line(
        self, import_file: Import, comment: str
    ) -> None:
        with pytest.raises(CommandError, match="line 2"):
            import_file(HEAD, f"UNDP,DAT-STR,answered,2,,{comment}")
        assert nothing_was_imported()

    def test_is_refused_when_a_unit_has_answers_already(self, import_file: Import) -> None:
        import_file(HEAD, "UNDP,DAT-STR,answered,2,,")
        with pytest.raises(CommandError, match="UNDP: This unit has answers in the cycle already"):
            import_file(HEAD, "UNICEF,DAT-STR,answered,2,,", "UNDP,DAT-LED,answered,2,,")
        assert Answer.objects.count() == 1

    def test_with_percent_signs_is_told_as_written(self, import_file: Import) -> None:
        with pytest.raises(CommandError, match="Unknown entity 100%s"):
            import_file(HEAD, "100%s,DAT-STR,answered,2,,")

    def test_that_does_not_exist_is_refused(self, units: list[Entity], tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("import_answers", str(tmp_path / "none.csv"), cycle="2024")

    def test_is_refused_without_a_framework(self, tmp_path: Path) -> None:
        path = tmp_path / "answers.csv"
        path.write_text(HEAD)
        with pytest.raises(CommandError, match="load_reference"):
            call_command("import_answers", str(path), cycle="2024")

    def test_for_a_cycle_that_no_address_could_name_is_refused(self, import_file: Import) -> None:
        with pytest.raises(CommandError, match="code"):
            import_file(HEAD, "UNDP,DAT-STR,answered,2,,", cycle="2024/25")
        assert nothing_was_imported()

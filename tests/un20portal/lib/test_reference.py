"""Reading reviewed YAML against its schema, and bringing a table in line with it."""

from pathlib import Path
from typing import Any

import pytest

from entities.models import Region
from un20portal.lib.reference import InvalidReference, read_fixtures, sync

SCHEMA = """
$schema: https://json-schema.org/draft/2020-12/schema
$id: things.schema.yaml
type: object
required: [documents, rows]
properties:
  rows:
    type: array
    items:
      type: object
      required: [code, size]
      properties:
        code: {type: string}
        size: {type: integer, minimum: 1}
        day: {type: string}
"""
GOOD = """
documents: {PB11: the brief}
rows:
  - {code: A, size: 1, day: 2026-01-31, source: {document: PB11, lines: '5'}}
"""


def read(directory: Path, text: str) -> Any:
    (directory / "schemas").mkdir()
    (directory / "schemas" / "things.schema.yaml").write_text(SCHEMA)
    (directory / "things.yaml").write_text(text)
    return read_fixtures(directory, ["things"])["things"]


def refusal(directory: Path, text: str) -> list[str]:
    with pytest.raises(InvalidReference) as caught:
        read(directory, text)
    return [str(problem) for problem in caught.value.problems]


class TestReadFixtures:
    def test_gives_each_row_the_title_of_its_document(self, tmp_path: Path) -> None:
        assert read(tmp_path, GOOD).rows()[0]["source"] == {
            "document": "PB11",
            "lines": "5",
            "title": "the brief",
        }

    def test_leaves_dates_as_text(self, tmp_path: Path) -> None:
        assert read(tmp_path, GOOD).rows()[0]["day"] == "2026-01-31"

    def test_names_file_row_and_rule_of_every_error(self, tmp_path: Path) -> None:
        text = "documents: {}\nrows:\n  - {code: A, size: 0}\n  - {size: 1}\n  - {code: C, size: x}\n"
        assert refusal(tmp_path, text) == [
            "things.yaml: A: size: 0 is less than the minimum of 1",
            "things.yaml: rows 2: 'code' is a required property",
            "things.yaml: C: size: 'x' is not of type 'integer'",
        ]

    def test_refuses_a_source_that_the_file_does_not_list(self, tmp_path: Path) -> None:
        assert refusal(tmp_path, GOOD.replace("document: PB11", "document: X1")) == [
            "things.yaml: A: source: unknown document X1"
        ]

    def test_refuses_a_key_given_twice(self, tmp_path: Path) -> None:
        assert refusal(tmp_path, "rows:\n  - {code: A, size: 1, code: B}\n") == [
            "things.yaml: line 2: given twice: code"
        ]

    def test_refuses_yaml_that_makes_objects(self, tmp_path: Path) -> None:
        (problem,) = refusal(tmp_path, "rows: !!python/object/apply:os.getcwd []\n")
        assert "could not determine a constructor" in problem

    def test_refuses_broken_yaml_with_its_line(self, tmp_path: Path) -> None:
        (problem,) = refusal(tmp_path, "rows:\n  - {code: A\n  - b\n")
        assert problem.startswith("things.yaml: line 4: did not find expected")

    def test_names_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidReference, match=r"things\.yaml: file: No such file"):
            read_fixtures(tmp_path, ["things"])


def region(code: str, order: int, **more: Any) -> dict[str, Any]:
    return {"code": code, "order": order, "names": {"en": code}, "source": {"document": "X"}, **more}


def load(*rows: dict[str, Any]) -> Any:
    return sync(file="regions.yaml", listing=Region.objects.all(), key=["code"], rows=rows)


@pytest.mark.django_db
class TestSync:
    def test_adds_and_then_leaves_alone(self) -> None:
        assert load(region("a", 1), region("b", 2)).added == ("a", "b")
        again = load(region("a", 1), region("b", 2))
        assert (again.added, again.changed, again.unchanged) == ((), (), 2)

    def test_reports_old_and_new_of_each_field(self) -> None:
        load(region("a", 1))
        changes = load(region("a", 3, doubts=["To check."]))
        assert [str(change) for change in changes.changed] == [
            "a: order: 1 → 3",
            "a: doubts: [] → ['To check.']",
        ]
        assert changes.rows_changed == 1
        assert Region.objects.get().order == 3

    def test_keeps_and_reports_what_is_no_longer_listed(self) -> None:
        load(region("a", 1), region("b", 2))
        assert load(region("a", 1)).no_longer_listed == ("b",)
        assert Region.objects.count() == 2

    def test_refuses_a_row_listed_twice_whatever_the_case(self) -> None:
        with pytest.raises(InvalidReference, match=r"regions\.yaml: A: listed twice"):
            load(region("a", 1), region("A", 2))

    def test_refuses_what_the_model_refuses_before_anything_is_written(self) -> None:
        with pytest.raises(InvalidReference, match=r"regions\.yaml: z+: code: .*at most 40 characters"):
            load(region("a", 1), region("z" * 41, 2))
        assert not Region.objects.exists()

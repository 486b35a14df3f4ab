"""Loading what is asked, and the freeze of its text while people answer."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from quintet.models import BridgeQuestion, Crosswalk, Cycle, Dimension, Framework, Item, Observation
from quintet.queries.frameworks import crosswalk_between
from quintet.services.reference import CROSSWALKS, FILES, load_crosswalks, load_questions
from tests.factories import ENABLERS, LEVELS, make_counted_cycle, make_entity, make_framework
from tests.kept import kept
from un20portal.lib.reference import Changes, InvalidReference, read_fixtures, read_kind

pytestmark = pytest.mark.django_db
FRAMEWORK, FIGURES = "framework-quintet-2026.yaml", "observations-brief.yaml"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(shutil.copytree(settings.REFERENCE_DIR, tmp_path / "fixtures"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def load(directory: Path) -> list[Changes]:
    return load_questions(fixtures=read_fixtures(directory, FILES))


def start_cycle(phase: str) -> None:
    Cycle.objects.create(
        code="2026",
        title="2026",
        framework=Framework.objects.get(),
        phase=phase,
        opens_on=date(2026, 1, 1),
        closes_on=date(2026, 3, 31),
    )


@kept
def load_reviewed() -> list[Changes]:
    return load(settings.REFERENCE_DIR)


class TestLoadQuestions:
    def test_loads_framework_and_figures(self) -> None:
        load_reviewed()
        assert Item.objects.filter(dimension__area="capability").count() == 35
        assert Item.objects.filter(dimension__area="culture").count() == 30
        assert Observation.objects.count() == 88
        assert BridgeQuestion.objects.count() == 6
        framework = Framework.objects.get(slug="quintet-2026")
        assert framework.highest_level == 4
        assert len(framework.rules) == 12
        assert all(len(item.level_texts) == 5 for item in framework.items.all())

    def test_keeps_the_order_of_capabilities_and_enablers(self) -> None:
        load_reviewed()
        codes = list(Dimension.objects.values_list("code", flat=True))
        assert codes[:6] == ["DAT", "INN", "FOR", "DIG", "BES", "CUL-CUR"]
        items = [item.code for item in Item.objects.in_order()]
        assert items[:8] == [
            *(f"DAT-{enabler}" for enabler in ("STR", "LED", "COE", "HRS", "TRN", "FUN", "PMS")),
            "INN-STR",
        ]

    def test_keeps_the_seven_published_cells_as_printed(self) -> None:
        load_reviewed()
        cells = Item.objects.in_order().filter(
            dimension__area="capability", baseline__unit="percent_of_entities"
        )
        assert [
            (cell.code, cell.baseline.operator, cell.baseline.value, cell.baseline.period)
            for cell in cells.select_related("baseline")
            if cell.baseline
        ] == [
            ("DAT-STR", "approx", 67, "2023"),
            ("INN-STR", "eq", 60, "2023"),
            ("INN-PMS", "approx", 60, "2023"),
            ("FOR-STR", "eq", 34, "2023"),
            ("DIG-STR", "eq", Decimal("66.7"), "2022"),
            ("DIG-PMS", "approx", 40, "2022"),
            ("BES-STR", "only", 20, "2023"),
        ]
        assert all(any("(N)" in doubt for doubt in cell.baseline.doubts) for cell in cells if cell.baseline)

    def test_only_programmes_for_member_states_may_not_apply(self) -> None:
        load_reviewed()
        codes = Item.objects.in_order().filter(na_allowed=True).values_list("code", flat=True)
        assert list(codes) == ["DAT-PMS", "INN-PMS", "FOR-PMS", "DIG-PMS", "BES-PMS"]

    def test_changes_nothing_the_second_time(self, directory: Path) -> None:
        load_reviewed()
        assert all(not changes.added and not changes.changed for changes in load(directory))

    @pytest.mark.parametrize(
        ("file", "old", "new", "problem"),
        [
            (FRAMEWORK, "baseline: DAT-01", "baseline: DAT-99", "DAT-STR: baseline: no observation DAT-99"),
            (FRAMEWORK, "- FOR-02\n", "- FOR-99\n", "BR-ADV: compares_with: no observation FOR-99"),
            (FRAMEWORK, "code: DAT-LED", "code: XYZ-LED", "XYZ-LED: code: no dimension XYZ"),
            (FRAMEWORK, "weight: 1", "weight: 0", "DAT-STR: weight: 0 is less than the minimum of 1"),
            (FRAMEWORK, "enabler: LED", "enabler: STR", "DAT: items: enabler STR is there 2 times"),
            (FIGURES, "operator: up_to", "operator: perhaps", "INT-01: operator: 'perhaps' is not one of"),
        ],
    )
    def test_names_file_row_and_rule_and_loads_nothing(
        self, directory: Path, file: str, old: str, new: str, problem: str
    ) -> None:
        edit(directory / file, old, new)
        with pytest.raises(InvalidReference) as caught:
            load(directory)
        assert f"{file}: {problem}" in str(caught.value)
        assert not Observation.objects.exists()
        assert not Framework.objects.exists()


class TestFreeze:
    QUESTION = "approved data strategy or action plan"
    CHANGES = (
        (QUESTION, "approved data plan", "DAT-STR: framework text is frozen"),
        ("label: Strategic foresight", "label: Foresight", "FOR: framework text is frozen"),
        ("title: Quintet of change", "title: Quintet", "quintet-2026: framework text is frozen"),
        ("How does the entity rate", "How would you rate", "BR-ADV: framework text is frozen"),
    )

    @pytest.mark.parametrize("phase", ["open", "validation"])
    @pytest.mark.parametrize(("old", "new", "problem"), CHANGES)
    def test_refuses_new_text_while_a_cycle_is_open(
        self, directory: Path, phase: str, old: str, new: str, problem: str
    ) -> None:
        load_reviewed()
        start_cycle(phase)
        edit(directory / FRAMEWORK, old, new)
        with pytest.raises(InvalidReference) as caught:
            load(directory)
        assert f"{FRAMEWORK}: {problem}" in str(caught.value)
        assert self.QUESTION in Item.objects.get(code="DAT-STR").question

    @pytest.mark.parametrize("phase", ["planned", "closed"])
    def test_takes_new_text_while_nobody_answers(self, directory: Path, phase: str) -> None:
        load_reviewed()
        start_cycle(phase)
        edit(directory / FRAMEWORK, self.QUESTION, "approved data plan")
        (change,) = load(directory)[1].changed
        assert (change.row, change.field) == ("DAT-STR", "question")
        assert "approved data plan" in Item.objects.get(code="DAT-STR").question

    def test_takes_a_corrected_doubt_at_any_time(self, directory: Path) -> None:
        load_reviewed()
        start_cycle("open")
        edit(directory / FRAMEWORK, "    doubts:\n      - Ratios are our proposal.", "    doubts: []")
        (change,) = load(directory)[1].changed
        assert str(change) == "CUL-YOU-3: doubts: ['Ratios are our proposal.'] → []"


class TestShape:
    """Figures of frozen sheets hang on the order and number of items: they outlive a closed cycle."""

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ("weight: 1", "weight: 2", "DAT-STR: .*weight: 1 → 2"),
            ("na_allowed: false", "na_allowed: true", "DAT-STR: .*na_allowed"),
            ("enabler: STR", "enabler: LED", "DAT-STR: .*enabler"),
            ("code: DAT-STR", "code: DAT-NEW", "DAT-NEW: .*added"),
        ],
    )
    def test_stays_once_a_sheet_is_frozen(self, directory: Path, old: str, new: str, problem: str) -> None:
        load_reviewed()
        make_counted_cycle(Framework.objects.get(), {make_entity("UNDP"): {"DAT-STR": 2}})
        Cycle.objects.update(phase="closed")
        edit(directory / FRAMEWORK, old, new)
        with pytest.raises(InvalidReference, match=problem):
            load(directory)
        kept = Item.objects.in_order().values_list("code", "enabler", "weight", "na_allowed")[0]
        assert kept == ("DAT-STR", "STR", 1, False)

    def test_lets_text_be_corrected_after_the_cycle(self, directory: Path) -> None:
        load_reviewed()
        make_counted_cycle(Framework.objects.get(), {make_entity("UNDP"): {"DAT-STR": 2}})
        Cycle.objects.update(phase="closed")
        edit(directory / FRAMEWORK, TestFreeze.QUESTION, "approved data plan")
        (change,) = load(directory)[1].changed
        assert change.field == "question"


CROSSWALK = """
documents: {T1: invented for this test}
crosswalk:
  slug: small-to-next
  before: small
  after: next
  source: {document: T1}
  doubts: []
links:
"""


class TestLoadCrosswalks:
    """Two small frameworks with the items of data; the next one asks for leadership twice."""

    @pytest.fixture(autouse=True)
    def frameworks(self) -> tuple[Framework, Framework]:
        before, after = (make_framework(slug, dimensions=("DAT",)) for slug in ("small", "next"))
        extra = Item.objects.get(framework=after, code="DAT-PMS")
        extra.pk, extra.code, extra.order = None, "DAT-LEA", 9
        extra.save()
        return before, after

    @staticmethod
    def write(directory: Path, leadership: list[str]) -> None:
        equal = [code for code in ENABLERS if code != "LED"]
        links = [f"{{before: DAT-{code}, after: DAT-{code}, relation: equal}}" for code in equal]
        rows = "".join(f"  - {link}\n" for link in [*links, *leadership])
        (directory / "crosswalk-small-to-next.yaml").write_text(CROSSWALK + rows)

    @staticmethod
    def load(directory: Path) -> list[Changes]:
        return load_crosswalks(fixtures=read_kind(directory, CROSSWALKS))

    SPLIT = [f"{{before: DAT-LED, after: DAT-{code}, relation: split}}" for code in ("LED", "LEA")]

    def test_says_what_became_of_each_item(
        self, directory: Path, frameworks: tuple[Framework, Framework]
    ) -> None:
        self.write(directory, self.SPLIT)
        assert [changes.added for changes in self.load(directory)] == [("small-to-next",)]
        assert [changes.unchanged for changes in self.load(directory)] == [1]
        found = crosswalk_between(*frameworks)
        assert found is not None
        assert [mark.after for mark in found.breaks] == [("DAT-LED", "DAT-LEA")]
        assert len(found.joined) == 6
        assert Crosswalk.objects.get().source["title"] == "invented for this test"

    def test_leaves_no_item_out(self, directory: Path) -> None:
        self.write(directory, self.SPLIT[:1])
        with pytest.raises(InvalidReference, match=r"small-to-next: links: .*DAT-LEA after is in no link"):
            self.load(directory)

    def test_joins_items_on_one_scale_only(self, directory: Path) -> None:
        self.write(directory, self.SPLIT)
        Framework.objects.filter(slug="next").update(levels=LEVELS[:4])
        with pytest.raises(InvalidReference, match="equal items need one scale"):
            self.load(directory)

    def test_needs_both_frameworks(self, directory: Path) -> None:
        self.write(directory, self.SPLIT)
        Framework.objects.get(slug="small").delete()
        with pytest.raises(InvalidReference, match="before: no framework small"):
            self.load(directory)

    def test_knows_only_the_relations_of_the_method(self, directory: Path) -> None:
        self.write(directory, ["{before: DAT-LED, after: DAT-LED, relation: similar}"])
        with pytest.raises(InvalidReference, match="relation: 'similar' is not one of"):
            self.load(directory)

    def test_loads_none_where_there_is_none(self, directory: Path) -> None:
        assert self.load(directory) == []

    def test_a_framework_is_equal_to_itself(self, frameworks: tuple[Framework, Framework]) -> None:
        before, after = frameworks
        assert crosswalk_between(after, before) is None
        same = crosswalk_between(before, before)
        assert same is not None
        assert list(same.joined) == [f"DAT-{code}" for code in ENABLERS]

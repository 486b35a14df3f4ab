"""`manage.py load_reference`: all or nothing, told row by row."""

import shutil
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from entities.models import Entity
from quintet.models import Observation
from roadmap.models import Action, Community, PathElement
from tests.kept import kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(shutil.copytree(settings.REFERENCE_DIR, tmp_path / "fixtures"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def load(directory: Path) -> list[str]:
    out = StringIO()
    call_command("load_reference", directory=directory, stdout=out)
    return out.getvalue().splitlines()


@kept
def load_reviewed() -> list[str]:
    return load(settings.REFERENCE_DIR)


class TestLoadReference:
    def test_loads_the_roadmap_floor(self) -> None:
        load_reviewed()
        assert Counter(Action.objects.values_list("actor", flat=True)) == {
            "entities": 13,
            "task_team": 10,
            "leaders": 4,
            "colleagues": 4,
        }
        assert Counter(PathElement.objects.values_list("kind", flat=True)) == {
            "driver": 10,
            "catalyst": 5,
            "member_state_action": 10,
            "accelerator_component": 9,
        }
        assert Community.objects.of_the_quintet().count() == 5
        assert sum(not community.is_quintet for community in Community.objects.all()) == 3

    def test_an_entry_that_is_not_certain_says_why(self) -> None:
        load_reviewed()
        assert set(Action.objects.values_list("certainty", flat=True)) == {"A", "B", "C"}
        assert all(action.doubts for action in Action.objects.exclude(certainty="A"))

    def test_links_the_five_communities_to_their_share_of_women(self) -> None:
        load_reviewed()
        shares = Community.objects.of_the_quintet().values_list("capability", "share_of_women__value")
        assert dict(shares) == {"DAT": 51, "INN": 55, "FOR": 56, "DIG": 50, "BES": 58}

    def test_a_second_run_changes_nothing(self, directory: Path) -> None:
        assert load(directory)[-1] == "Loaded: 633 added, 0 changed, 0 unchanged."
        again = load(directory)
        assert again[0] == "regions.yaml: 0 added, 0 changed, 5 unchanged"
        assert again[-1] == "Loaded: 0 added, 0 changed, 633 unchanged."
        assert len(again) == 8

    def test_a_changed_row_reports_old_and_new(self, directory: Path) -> None:
        load_reviewed()
        edit(directory / "roadmap.yaml", "Name a focal point for UN 2.0.", "Name two focal points.")
        edit(directory / "observations-brief.yaml", "value: 67\n", "value: 67.5\n")
        lines = load(directory)
        assert "  ENT-02: text: Name a focal point for UN 2.0. → Name two focal points." in lines
        assert "  DAT-01 un_system 2023: value: 67.000000 → 67.5" in lines
        assert lines[-1] == "Loaded: 0 added, 2 changed, 631 unchanged."

    def test_a_row_that_vanished_is_kept_and_reported(self, directory: Path) -> None:
        load_reviewed()
        edit(directory / "roadmap.yaml", "code: UNLOCK", "code: UNLOCKED")
        assert "  UNLOCK: no longer listed; kept" in load(directory)

    def test_a_broken_row_names_file_row_and_rule_and_nothing_is_loaded(self, directory: Path) -> None:
        edit(directory / "roadmap.yaml", "share_of_women: DAT-08", "share_of_women: DAT-99")
        with pytest.raises(
            CommandError, match=r"roadmap\.yaml: DATA-STRATEGY: share_of_women: no observation"
        ):
            load(directory)
        assert not Entity.objects.exists()
        assert not Observation.objects.exists()

    def test_tells_the_errors_of_all_files_at_once(self, directory: Path) -> None:
        edit(directory / "roadmap.yaml", "certainty: A", "certainty: Z")
        edit(directory / "entities.yaml", "type: secretariat", "type: club")
        with pytest.raises(CommandError) as caught:
            load(directory)
        assert "entities.yaml: EOSG: type: 'club' is not one of" in str(caught.value)
        assert "roadmap.yaml: ENT-01: certainty: 'Z' is not one of" in str(caught.value)

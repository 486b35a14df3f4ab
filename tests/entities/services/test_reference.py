"""Loading who exists."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from entities.models import Country, Entity, Region
from entities.services.reference import FILES, load_units
from tests.kept import kept
from un20portal.lib.reference import Changes, InvalidReference, read_fixtures

pytestmark = pytest.mark.django_db
# where everyday English says something else
UN_NAMES = {
    "BOL": "Bolivia (Plurinational State of)",
    "CIV": "Côte d'Ivoire",
    "COD": "Democratic Republic of the Congo",
    "CPV": "Cabo Verde",
    "FSM": "Micronesia (Federated States of)",
    "IRN": "Iran (Islamic Republic of)",
    "LAO": "Lao People's Democratic Republic",
    "MDA": "Republic of Moldova",
    "MKD": "North Macedonia",
    "PRK": "Democratic People's Republic of Korea",
    "SWZ": "Eswatini",
    "SYR": "Syrian Arab Republic",
    "TLS": "Timor-Leste",
    "TUR": "Türkiye",
    "TZA": "United Republic of Tanzania",
    "VEN": "Venezuela (Bolivarian Republic of)",
    "VNM": "Viet Nam",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(shutil.copytree(settings.REFERENCE_DIR, tmp_path / "fixtures"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def load(directory: Path) -> list[Changes]:
    return load_units(fixtures=read_fixtures(directory, FILES))


@kept
def load_reviewed() -> list[Changes]:
    return load(settings.REFERENCE_DIR)


class TestLoadUnits:
    def test_loads_the_whole_system(self) -> None:
        load_reviewed()
        assert Entity.objects.organisations().count() == 87
        assert Entity.objects.filter(ceb_member=True).count() == 31
        assert Entity.objects.country_teams().count() == 132
        assert Country.objects.count() == 162
        assert Region.objects.count() == 5

    @pytest.mark.parametrize(
        ("region", "countries"),
        [
            ("africa", 46),
            ("arab_states", 18),
            ("asia_pacific", 38),
            ("europe_central_asia", 18),
            ("latin_america_caribbean", 42),
        ],
    )
    def test_puts_countries_under_their_region(self, region: str, countries: int) -> None:
        load_reviewed()
        assert Country.objects.filter(region=region).count() == countries

    def test_calls_countries_as_the_united_nations_do(self) -> None:
        load_reviewed()
        names = dict(Country.objects.values_list("code", "names__en"))
        assert {code: names[code] for code in UN_NAMES} == UN_NAMES
        assert Entity.objects.get(code="UNCT-CIV").acronym == "UNCT Côte d'Ivoire"

    def test_names_a_team_after_the_country_of_its_office(self) -> None:
        load_reviewed()
        fiji = Entity.objects.get(code="UNCT-FJI")
        assert fiji.names["fr"] == "Équipe de pays des Nations Unies – Fidji"
        assert set(fiji.countries.values_list("code", flat=True)) == {"FJI", "SLB", "TON", "TUV", "VUT"}
        assert any("composed" in doubt for doubt in fiji.doubts)

    def test_leaves_a_missing_name_missing(self) -> None:
        load_reviewed()
        assert set(Entity.objects.get(code="ODET").names) == {"en", "fr", "es"}
        kosovo = Country.objects.get(code="XKX")
        assert kosovo.names == {"en": "Kosovo (under Security Council resolution 1244 (1999))"}
        assert kosovo.office.code == "UNCT-XKX"
        assert kosovo.is_ldc is None

    def test_every_row_says_where_it_comes_from(self) -> None:
        load_reviewed()
        for model in (Region, Entity, Country):
            rows: Any = model
            assert all(row.source["title"] for row in rows.objects.all())

    def test_follows_a_successor_anywhere_in_the_file(self, directory: Path) -> None:
        load_reviewed()
        edit(directory / "entities.yaml", "successor: null", "successor: FAO")
        changes = load(directory)[1]
        assert [str(change) for change in changes.changed] == ["UN: successor: None → FAO"]
        assert changes.unchanged == 86
        assert load(directory)[1].rows_changed == 0

    def test_counts_a_new_unit_with_a_successor_once(self, directory: Path) -> None:
        edit(directory / "entities.yaml", "successor: null", "successor: FAO")
        changes = load(directory)[1]
        assert (len(changes.added), changes.rows_changed, changes.unchanged) == (87, 0, 0)

    @pytest.mark.parametrize(
        ("file", "old", "new", "problem"),
        [
            ("entities", "successor: null", "successor: NOBODY", "UN: successor: unknown NOBODY"),
            ("entities", "acronym: FAO", "acronym: FAQ", "FAO: code: is not the acronym"),
            ("country_teams", "region: africa", "region: mars", "UNCT-AGO: region: unknown mars"),
            ("countries", "office: UNCT-AGO", "office: UNCT-ZZZ", "AGO: office: unknown UNCT-ZZZ"),
            ("countries", "region: africa", "region: mars", "AGO: region: unknown mars"),
        ],
    )
    def test_names_file_row_and_rule_and_loads_nothing(
        self, directory: Path, file: str, old: str, new: str, problem: str
    ) -> None:
        edit(directory / f"{file}.yaml", old, new)
        with pytest.raises(InvalidReference) as caught:
            load(directory)
        assert f"{file}.yaml: {problem}" in str(caught.value)
        assert not Region.objects.exists()
        assert not Entity.objects.exists()

    def test_refuses_a_unit_that_ends_before_it_begins(self, directory: Path) -> None:
        edit(directory / "entities.yaml", "valid_from: null", "valid_from: 2026-02-01")
        edit(directory / "entities.yaml", "valid_to: null", "valid_to: 2026-01-31")
        with pytest.raises(InvalidReference, match=r"UN: .*an_entity_begins_before_it_ends"):
            load(directory)

"""Kept papers are read again when they are verified: one that was edited behind the application is named."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from quintet.models import Cycle
from scorecards.models import PaperFile
from scorecards.queries.papers import Paper
from scorecards.services.reporting import write_papers
from scorecards.services.rereading import first_broken_paper
from tests.factories import AT, Cast, make_counted_cycle, make_entities, make_framework
from tests.guards import unguarded
from tests.scorecards.worked import publish

pytestmark = pytest.mark.django_db


def named(paper: Paper) -> bytes:
    return paper.symbol.encode()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    cycle = make_counted_cycle(make_framework(), {unit: {"DAT-STR": 2} for unit in make_entities(6)})
    scorecard = publish(cycle, cast)
    write_papers(scorecard_id=scorecard.pk, at=AT, writers={"pdf": named, "xlsx": named})
    return cycle


def test_those_that_are_as_they_were_written_are_counted(
    cycle: Cycle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert first_broken_paper() == (12, "")
    call_command("verify_publications")
    assert "Committee papers with the bytes of their hashes: 12.\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"content": b"another paper"}, "the stored bytes do not match their hash."),
        ({"sha256": "0" * 64}, "the stored bytes do not match their hash."),
        ({"n_bytes": 1}, "the row says another size than its bytes have."),
    ],
)
def test_one_that_was_edited_is_named(cycle: Cycle, changes: dict[str, Any], finding: str) -> None:
    with unguarded():
        PaperFile.objects.filter(language="fr", form="xlsx").update(**changes)
    told = f"The paper of 2026 version 1, fr.xlsx: {finding}"
    assert first_broken_paper()[1] == told
    with pytest.raises(CommandError) as refused:
        call_command("verify_publications")
    assert str(refused.value) == told

"""Signed checkpoints: made with each publication, given out, kept outside, and held against the chain."""

import json
import shutil
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from quintet.models import Cycle
from scorecards.models import Checkpoint, Scorecard
from scorecards.services import publishing
from scorecards.services.checkpoints import sign_checkpoint
from scorecards.tasks import sign_checkpoint as daily_task
from tests.factories import AT, Cast, later, make_counted_cycle, make_framework
from tests.guards import unguarded
from un20portal.lib.signatures import is_signed, public_key_of, read_private_key
from un20portal.outbox import services as outbox
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
KEY, OTHER_KEY = "07" * 32, "08" * 32


@pytest.fixture(autouse=True)
def _key(settings: Settings) -> None:
    settings.CHECKPOINT_KEY = KEY


def publish(code: str, cast: Cast, audience: str = "public") -> Scorecard:
    framework = Cycle.objects.first().framework if Cycle.objects.exists() else make_framework()  # type: ignore[union-attr]
    cycle = make_counted_cycle(framework, {}, code)
    publishing.propose(cycle=cycle, by=cast.task_force, at=AT, audience=audience)
    return publishing.confirm(cycle=cycle, by=cast.second, at=AT)


@pytest.fixture
def three(cast: Cast) -> list[Scorecard]:
    return [publish(code, cast) for code in ("2024", "2025", "2026")]


def drain() -> None:
    outbox.drain(now=lambda: later(1))


class TestSigning:
    def test_says_how_many_there_are_and_which_is_the_newest(self, three: list[Scorecard]) -> None:
        checkpoint = sign_checkpoint(at=AT)
        assert (checkpoint.n_scorecards, checkpoint.head_sha256) == (3, three[2].sha256)
        assert json.loads(checkpoint.payload) == {
            "n_scorecards": 3,
            "head_sha256": three[2].sha256,
            "public_key": public_key_of(read_private_key(KEY)),
            "key_id": checkpoint.key_id,
            "time": "2026-11-02T09:30:00+00:00",
        }
        assert is_signed(checkpoint.payload, signature=checkpoint.signature, public_key=checkpoint.public_key)

    def test_follows_each_publication(self, cast: Cast) -> None:
        scorecard = publish("2026", cast)
        drain()
        assert Checkpoint.objects.get().head_sha256 == scorecard.sha256

    def test_that_fails_holds_no_publication_up_and_is_tried_again(
        self, cast: Cast, settings: Settings
    ) -> None:
        settings.CHECKPOINT_KEY = ""
        scorecard = publish("2026", cast)
        drain()
        assert Scorecard.objects.get() == scorecard
        message = Message.objects.pending().get(topic="scorecards.checkpoint_due")
        assert "ValueError" in message.last_error
        settings.CHECKPOINT_KEY = KEY
        outbox.drain(now=lambda: later(60))
        assert Checkpoint.objects.get().head_sha256 == scorecard.sha256

    def test_happens_every_day_too(self, three: list[Scorecard], settings: Settings) -> None:
        planned = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
        assert "scorecards.tasks.sign_checkpoint" in planned
        daily_task()
        assert Checkpoint.objects.get().n_scorecards == 3

    @pytest.mark.servers
    def test_is_written_once(self, three: list[Scorecard]) -> None:
        sign_checkpoint(at=AT)
        for change in (lambda: Checkpoint.objects.update(n_scorecards=2), Checkpoint.objects.all().delete):
            with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
                change()


class TestGivingOut:
    def test_is_the_same_on_the_page_and_in_the_api(self, three: list[Scorecard], client: Client) -> None:
        checkpoint = sign_checkpoint(at=AT)
        kept = client.get(f"/api/v1/checkpoints/{checkpoint.pk}/").json()
        assert kept == {
            "number": checkpoint.pk,
            "payload": checkpoint.payload,
            "signature": checkpoint.signature,
            "public_key": checkpoint.public_key,
            "key_id": checkpoint.key_id,
        }
        assert client.get("/api/v1/checkpoints/").json() == {
            "next": None,
            "previous": None,
            "results": [kept],
        }
        page = client.get("/checkpoints/").content.decode()
        assert f'href="/api/v1/checkpoints/{checkpoint.pk}/"' in page
        assert checkpoint.public_key in page

    def test_begins_with_the_newest(self, three: list[Scorecard], client: Client) -> None:
        numbers = [sign_checkpoint(at=later(minute)).pk for minute in range(3)]
        first = client.get("/api/v1/checkpoints/?limit=2").json()
        assert [row["number"] for row in first["results"]] == numbers[:0:-1]
        assert [row["number"] for row in client.get(first["next"]).json()["results"]] == numbers[:1]

    def test_says_when_there_is_none(self, client: Client, cast: Cast) -> None:
        assert "No checkpoint has been signed yet" in client.get("/checkpoints/").content.decode()

    def test_asks_as_often_for_20_as_for_10(self, three: list[Scorecard], client: Client) -> None:
        for path in ("/checkpoints/", "/api/v1/checkpoints/"):
            found = []
            for _round in range(2):
                for minute in range(10):
                    sign_checkpoint(at=later(minute))
                client.get(path)
                with CaptureQueriesContext(connection) as captured:
                    client.get(path)
                found.append(len(captured))
            assert found[0] == found[1]


def verify(*files: Path) -> str:
    out = StringIO()
    call_command("verify_publications", checkpoint=list(files), stdout=out)
    return out.getvalue()


def finding(*files: Path) -> str:
    with pytest.raises(CommandError) as caught:
        verify(*files)
    return str(caught.value)


def cut(*scorecards: Scorecard) -> None:
    with unguarded():
        for scorecard in scorecards:
            scorecard.documents.all().delete()
            scorecard.delete()


@pytest.fixture
def outside(three: list[Scorecard], client: Client, tmp_path: Path) -> Path:
    """A checkpoint of three scorecards as somebody kept it."""
    path = tmp_path / "checkpoint.json"
    path.write_bytes(client.get(f"/api/v1/checkpoints/{sign_checkpoint(at=AT).pk}/").content)
    return path


class TestVerifying:
    def test_finds_all_well(self, outside: Path) -> None:
        sentence = "Published scorecards that are as they were published: 3.\n"
        assert verify() == f"Signed checkpoints that agree with what is published: 1.\n{sentence}"
        assert verify(outside, outside).startswith("Signed checkpoints that agree with what is published: 3.")

    def test_says_what_it_always_said_while_there_is_no_checkpoint(self, three: list[Scorecard]) -> None:
        assert verify() == "Published scorecards that are as they were published: 3.\n"

    def test_agrees_when_more_is_published(self, outside: Path, cast: Cast) -> None:
        publish("2027", cast)
        assert "published: 4." in verify(outside)

    def test_names_a_removed_end(self, outside: Path, three: list[Scorecard]) -> None:
        cut(three[2], three[1])
        assert finding().startswith(f"Checkpoint {Checkpoint.objects.get().pk}: on 2026-11-02T09:30:00+00:00")
        with unguarded():
            Checkpoint.objects.all().delete()
        assert verify() == "Published scorecards that are as they were published: 1.\n"  # nothing here tells
        assert finding(outside) == (
            f"{outside}: on 2026-11-02T09:30:00+00:00 there were 3 scorecards, now there are 1: "
            f"the newest 2 of them, up to {three[2].sha256[:12]}, have been removed."
        )

    def test_names_an_end_that_was_replaced(self, outside: Path, three: list[Scorecard], cast: Cast) -> None:
        cut(three[2])
        with unguarded():
            Checkpoint.objects.all().delete()
        other = publish("2030", cast)
        assert finding(outside).endswith(f"was {three[2].sha256[:12]}, now it is {other.sha256[:12]}.")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"payload": "{}"}, "the payload cannot be read"),
            ({"payload": "no"}, "the payload cannot be read"),
            ({"n_scorecards": 1}, "the row says otherwise than the payload"),
            ({"head_sha256": "0" * 64}, "the row says otherwise than the payload"),
            ({"signature": "00" * 64}, "the signature does not fit the payload"),
            ({"key_id": "00" * 8}, "the payload names another key"),
        ],
    )
    def test_names_a_stored_one_that_was_edited(
        self, outside: Path, change: dict[str, Any], said: str
    ) -> None:
        with unguarded():
            Checkpoint.objects.update(**change)
        assert said in finding()

    def test_names_one_that_another_hand_signed(self, outside: Path, settings: Settings) -> None:
        settings.CHECKPOINT_KEY = OTHER_KEY
        sign_checkpoint(at=AT)
        settings.CHECKPOINT_KEY = KEY
        assert "is not known here: see CHECKPOINT_FORMER_KEYS" in finding()

    def test_knows_the_keys_of_before(self, outside: Path, settings: Settings) -> None:
        settings.CHECKPOINT_KEY = OTHER_KEY
        assert "is not known here" in finding(outside)
        settings.CHECKPOINT_FORMER_KEYS = [public_key_of(read_private_key(KEY))]
        sign_checkpoint(at=AT)
        assert "published: 3." in verify(outside)

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"payload": "{}"}'])
    def test_names_a_file_that_is_no_checkpoint(self, outside: Path, text: str) -> None:
        outside.write_text(text)
        assert finding(outside).startswith(f"{outside}: this is no checkpoint")

    def test_names_a_file_that_was_edited(self, outside: Path) -> None:
        kept = json.loads(outside.read_text())
        kept["payload"] = kept["payload"].replace('"n_scorecards":3', '"n_scorecards":2')
        outside.write_text(json.dumps(kept))
        assert finding(outside) == f"{outside}: the signature does not fit the payload."

    def test_names_a_file_that_cannot_be_read(self, three: list[Scorecard], tmp_path: Path) -> None:
        assert "cannot be read" in finding(tmp_path / "nothing.json")
        (tmp_path / "bytes").write_bytes(b"\xff\xfe")
        assert "cannot be read" in finding(tmp_path / "bytes")


class TestWithoutThePortal:
    """The way that docs/decisions/0016 describes: with openssl alone."""

    def test_the_signature_can_be_checked(self, outside: Path, tmp_path: Path) -> None:
        openssl = shutil.which("openssl")
        assert openssl, "install openssl"
        kept = json.loads(outside.read_text())
        key, payload, signature = (tmp_path / name for name in ("key.der", "payload", "signature"))
        key.write_bytes(bytes.fromhex("302a300506032b6570032100" + kept["public_key"]))
        payload.write_text(kept["payload"], encoding="utf-8")
        signature.write_bytes(bytes.fromhex(kept["signature"]))
        command = [openssl, "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER"]
        files = ["-inkey", str(key), "-in", str(payload), "-sigfile", str(signature)]
        assert subprocess.run([*command, *files], capture_output=True).returncode == 0
        payload.write_text("{}")
        assert subprocess.run([*command, *files], capture_output=True).returncode != 0

"""Files in a bucket: a real server that speaks S3 runs beside the tests, and pages work as with a folder."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from entities.models import Entity
from quintet.models import Cycle, CycleExport, Evidence, Status
from quintet.models.evidence import evidence_storage
from quintet.queries.exports import EXPORT
from quintet.services.evidence import sweep
from quintet.services.exporting import sweep_exports
from tests import servers
from tests.factories import Cast, fill, sheet_of
from tests.processes import ROOT, Process
from tests.provision import NOT_INHERITED
from tests.quintet.samples import pdf
from un20portal.lib.storage import bucket
from un20portal.outbox.services import run_errands

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
KEYS = {"access_key": "of-the-test", "secret_key": "of-the-test-too"}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that speaks S3, in a process of its own."""
    port = servers.free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    log = tmp_path_factory.mktemp("s3") / "log"
    process = Process(command, environment=os.environ, log=log)
    try:
        process.wait_until(lambda: _problem(address))
        yield address
    finally:
        process.stop()


def _problem(address: str) -> str | None:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return None
    except urllib.error.HTTPError:
        return None
    except OSError as error:
        return str(error)


@pytest.fixture
def objects(endpoint: str, settings: Settings) -> Any:
    """What lies in the bucket that the portal keeps its files in."""
    service = boto3.resource(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="owner",
        aws_secret_access_key="owner",
    )
    found = service.Bucket("evidence-of-tests")
    found.create()
    options = bucket("evidence-of-tests", endpoint=endpoint, region="us-east-1", **KEYS)
    settings.STORAGES = {**settings.STORAGES, "evidence": options}
    yield found.objects
    found.objects.delete()
    found.delete()


@pytest.fixture
def portal(client: Client, cast: Cast, cycle: Cycle, undp: Entity) -> tuple[Client, str]:
    """The focal point's browser and the address of the documents of the sheet."""
    client.force_login(cast.focal)
    return client, f"/assessments/{sheet_of(cycle, undp).pk}/evidence/"


def attach(portal: tuple[Client, str]) -> Any:
    client, path = portal
    file = SimpleUploadedFile("plan.pdf", pdf(), content_type="application/pdf")
    said = {"title": "Plan", "effective_on": "2026-03-01", "file": file}
    return client.post(f"{path}DAT-STR/add/", said)


class TestABucket:
    def test_takes_gives_and_loses_a_file_as_people_act(
        self, objects: Any, portal: tuple[Client, str]
    ) -> None:
        client, path = portal
        assert attach(portal).status_code == 302
        found = Evidence.objects.get()
        [stored] = objects.all()
        assert (stored.key, stored.get()["Body"].read()) == (found.file.name, pdf())
        answer: Any = client.get(f"{path}{found.pk}/")
        assert b"".join(answer.streaming_content) == pdf()
        assert answer.headers["Content-Disposition"] == 'attachment; filename="plan.pdf"'
        assert answer.headers["Content-Type"] == "application/pdf"
        assert client.post(f"{path}DAT-STR/{found.pk}/remove/").status_code == 302
        assert sweep(at=timezone.now() + timedelta(days=2)).removed == [stored.key]
        assert list(objects.all()) == []

    def test_that_lost_a_file_is_no_failure_of_the_portal(
        self, objects: Any, portal: tuple[Client, str]
    ) -> None:
        client, path = portal
        attach(portal)
        objects.delete()
        answer = client.get(f"{path}{Evidence.objects.get().pk}/")
        assert answer.status_code == 404
        assert "missing from the storage" in answer.content.decode()
        assert sweep(at=timezone.now()).lost == [Evidence.objects.get().pk]

    def test_is_swept(self, objects: Any, portal: tuple[Client, str]) -> None:
        attach(portal)
        evidence_storage().save("0" * 32, ContentFile(b"orphan"))
        now = timezone.now()
        assert sweep(at=now).removed == []
        assert sweep(at=now + timedelta(days=2)).removed == ["0" * 32]
        assert [stored.key for stored in objects.all()] == [Evidence.objects.get().file.name]

    def test_takes_gives_and_loses_a_workbook_of_everything(
        self, objects: Any, client: Client, cast: Cast, cycle: Cycle, undp: Entity
    ) -> None:
        fill(cycle, {undp: {}}, Status.SUBMITTED)
        client.force_login(cast.task_force)
        page = client.post(f"/cycles/{cycle.code}/exports/").headers["Location"]
        run_errands(now=timezone.now, topic=EXPORT)
        [stored] = objects.all()
        assert stored.key == CycleExport.objects.get().file.name
        answer: Any = client.get(f"{page}everything.xlsx")
        assert b"".join(answer.streaming_content) == stored.get()["Body"].read()
        assert sweep(at=timezone.now() + timedelta(days=9)).removed == []
        assert sweep_exports(at=timezone.now() + timedelta(days=9)) == [stored.key]
        assert list(objects.all()) == []

    def test_shows_nothing_to_strangers(self, objects: Any, endpoint: str) -> None:
        evidence_storage().save("0" * 32, ContentFile(b"secret"))
        grants = next(iter(objects.all())).Object().Acl().grants
        assert not [grant for grant in grants if "AllUsers" in grant["Grantee"].get("URI", "")]


def test_a_bucket_that_is_away_takes_nothing_and_says_so(
    portal: tuple[Client, str], settings: Settings
) -> None:
    away = f"http://127.0.0.1:{servers.free_port()}"
    options = bucket("nowhere", endpoint=away, region="us-east-1", **KEYS)
    settings.STORAGES = {**settings.STORAGES, "evidence": options}
    answer = attach(portal)
    assert answer.status_code == 503
    assert "nothing was saved" in answer.content.decode()
    assert not Evidence.objects.exists()


class TestTheEnvironment:
    @staticmethod
    def storage(environment: Mapping[str, str]) -> dict[str, Any]:
        """The entry of STORAGES that a new process with this environment has."""
        say = (
            "import json; from django.conf import settings; entry = settings.STORAGES['evidence'];"
            "entry['OPTIONS'].pop('client_config', 0); print(json.dumps(entry))"
        )
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        names = {"DJANGO_SETTINGS_MODULE": "un20portal.settings", **environment}
        done = subprocess.run(
            [sys.executable, "-c", say], cwd=ROOT, env=inherited | names, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def test_names_a_folder(self, tmp_path: Path) -> None:
        entry = self.storage({"EVIDENCE_DIR": str(tmp_path), "EVIDENCE_S3_BUCKET": ""})
        assert entry["OPTIONS"] == {"location": str(tmp_path)}

    def test_names_a_bucket(self) -> None:
        given = {"BUCKET": "b", "ENDPOINT": "https://s3.example.org", "REGION": "r"}
        keys = {"ACCESS_KEY": "a", "SECRET_KEY": "s"}
        entry = self.storage({f"EVIDENCE_S3_{name}": value for name, value in {**given, **keys}.items()})
        assert entry["BACKEND"] == "storages.backends.s3.S3Storage"
        options = entry["OPTIONS"]
        assert (options["bucket_name"], options["endpoint_url"]) == ("b", "https://s3.example.org")
        assert (options["region_name"], options["access_key"], options["secret_key"]) == ("r", "a", "s")

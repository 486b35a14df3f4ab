"""The workbook of everything on pages: asked for on the monitor, followed, taken out."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from entities.models import Entity
from quintet.models import Cycle, CycleExport, ExportState, Status
from quintet.queries.exports import EXPORT
from quintet.services import exporting
from quintet.tasks import sweep_exports
from quintet.views.exports import ExportThrottle
from tests.factories import AT, Cast, Levels, fill
from tests.quintet.pages import flat, page, words
from un20portal.outbox.services import run_errands

pytestmark = pytest.mark.django_db
SOME: Levels = {"DAT-STR": 2}


@pytest.fixture
def counted(cycle: Cycle, undp: Entity) -> Cycle:
    fill(cycle, {undp: SOME}, Status.SUBMITTED)
    return cycle


def ask(client: Client, cast: Cast, cycle: Cycle, prefix: str = "") -> Any:
    client.force_login(cast.task_force)
    return client.post(prefix + reverse("quintet:cycle-export-ask", args=[cycle.code]))


def run() -> None:
    export = CycleExport.objects.get()
    assert run_errands(now=lambda: export.at + timedelta(seconds=1), topic=EXPORT) == 1


class TestTheMonitor:
    def test_offers_everything_and_lists_who_asked(self, client: Client, cast: Cast, counted: Cycle) -> None:
        html = page(client, cast.task_force, "cycle-detail", counted.code)
        assert f'action="/cycles/{counted.code}/exports/"' in html
        assert "Export everything" in words(html)
        ask(client, cast, counted)
        told = words(page(client, cast.second, "cycle-detail", counted.code))
        assert "UTC : waiting Taskforce" in told

    def test_says_when_there_is_nothing_to_export(self, client: Client, cast: Cast, cycle: Cycle) -> None:
        html = page(client, cast.task_force, "cycle-detail", cycle.code)
        assert "there is nothing to export" in words(html)
        assert "exports/" not in html

    def test_asks_no_more_for_more_exports(self, client: Client, cast: Cast, counted: Cycle) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                page(client, cast.task_force, "cycle-detail", counted.code)
            return len(captured)

        def make(count: int) -> None:
            CycleExport.objects.bulk_create(
                CycleExport(
                    cycle=counted, language="en", state=ExportState.EXPIRED, units_total=1, by=by, at=AT
                )
                for by in [cast.task_force, cast.second] * count
            )

        make(1)
        queries()  # what is remembered for a while is asked for once
        few = queries()
        make(2)
        assert queries() == few


class TestAsking:
    def test_leads_to_the_page_of_the_export(self, client: Client, cast: Cast, counted: Cycle) -> None:
        answer = ask(client, cast, counted, "/fr")
        export = CycleExport.objects.get()
        assert answer.headers["Location"] == f"/fr/cycles/{counted.code}/exports/{export.pk}/"
        assert (export.by, export.language) == (cast.task_force, "fr")

    def test_again_leads_to_the_one_under_way(self, client: Client, cast: Cast, counted: Cycle) -> None:
        assert (
            ask(client, cast, counted).headers["Location"] == ask(client, cast, counted).headers["Location"]
        )
        assert CycleExport.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_in_process_is_done_at_once(
        self, client: Client, cast: Cast, counted: Cycle, in_process: None
    ) -> None:
        path = ask(client, cast, counted).headers["Location"]
        assert CycleExport.objects.get().state == ExportState.DONE
        assert "The workbook is ready" in flat(client.get(path))

    def test_is_refused_with_words_while_nothing_was_submitted(
        self, client: Client, cast: Cast, cycle: Cycle
    ) -> None:
        answer = ask(client, cast, cycle)
        assert answer.status_code == 409
        assert "Nothing has been submitted in this cycle yet" in words(flat(answer))

    def test_is_possible_so_many_times_an_hour(
        self, client: Client, cast: Cast, counted: Cycle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert ExportThrottle.rate == "30/hour"
        monkeypatch.setattr(ExportThrottle, "rate", "2/hour")
        assert [ask(client, cast, counted).status_code for _time in range(2)] == [302, 302]
        answer = ask(client, cast, counted)
        assert answer.status_code == 429
        assert "many workbooks within an hour" in flat(answer)
        client.force_login(cast.second)
        assert client.post(f"/cycles/{counted.code}/exports/").status_code == 302


class TestFollowing:
    def test_shows_progress_and_renews_itself_until_it_is_ready(
        self, client: Client, cast: Cast, counted: Cycle
    ) -> None:
        path = ask(client, cast, counted).headers["Location"]
        CycleExport.objects.update(state=ExportState.RUNNING, units_done=20, units_total=186)
        answer = client.get(path)
        assert answer.headers["Refresh"] == "2"
        html = flat(answer)
        assert 'value="20" max="186"' in html
        assert "20 of 186 units are written" in words(html)
        still = client.get(path + "?refresh=off")
        assert "Refresh" not in still.headers
        assert 'href="?">Renew the page until the workbook is ready' in flat(still)
        run()
        answer = client.get(path)
        assert "Refresh" not in answer.headers
        html = flat(answer)
        assert "The workbook is ready: 1 unit, as it was handed in." in words(html)
        assert f'href="{path}everything.xlsx"' in html
        assert CycleExport.objects.get().sha256 in html

    def test_of_a_failure_says_why_and_offers_to_ask_anew(
        self, client: Client, cast: Cast, counted: Cycle
    ) -> None:
        path = ask(client, cast, counted).headers["Location"]
        CycleExport.objects.update(state=ExportState.FAILED, error=exporting.BROKEN)
        html = flat(client.get(path))
        assert "nothing of it was kept" in words(html)
        assert f'action="/cycles/{counted.code}/exports/"' in html
        assert client.get(path + "everything.xlsx").status_code == 409
        assert ask(client, cast, counted).headers["Location"] != path

    def test_of_another_cycle_is_not_found(self, client: Client, cast: Cast, counted: Cycle) -> None:
        path = ask(client, cast, counted).headers["Location"]
        Cycle.objects.create(
            code="other", title="Other", framework=counted.framework, opens_on=AT, closes_on=AT
        )
        assert client.get(path.replace(counted.code, "other")).status_code == 404


class TestTakingItOut:
    def test_gives_a_file_to_be_saved_and_not_kept(self, client: Client, cast: Cast, counted: Cycle) -> None:
        path = ask(client, cast, counted).headers["Location"] + "everything.xlsx"
        assert client.get(path).status_code == 409
        run()
        answer: Any = client.get(path)
        day = CycleExport.objects.get().at
        name = f"everything-{counted.code}-{day:%Y-%m-%d}.xlsx"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
        assert book["Answers"]["A2"].value == "UNDP"

    def test_after_some_days_says_that_it_is_gone(self, client: Client, cast: Cast, counted: Cycle) -> None:
        path = ask(client, cast, counted).headers["Location"]
        run()
        CycleExport.objects.update(finished_at=AT - timedelta(days=365))
        sweep_exports()
        for address, status in ((path, 200), (path + "everything.xlsx", 404)):
            answer = client.get(address)
            assert answer.status_code == status
            assert "has been removed: ask for a new one" in words(flat(answer))

"""What was given up is seen by the administrator, with its error, and tried again by one click."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from entities.models import Role, User
from tests.factories import AT, later, make_user
from un20portal.outbox.models import Message

pytestmark = pytest.mark.django_db
LIST = "/admin/outbox/message/"
# nobody handles it: a worker woken by mistake would leave its mark
TOPIC = "tests.given_up"


@pytest.fixture
def administrator(client: Client) -> User:
    person = make_user("admin", Role.ADMINISTRATOR)
    client.force_login(person)
    return person


@pytest.fixture
def messages() -> dict[str, Message]:
    """One message in each state."""
    states: dict[str, dict[str, object]] = {
        "pending": {},
        "failing": {"attempts": 2, "last_error": "TimeoutError: too slow", "due_at": later(5)},
        "dead": {"attempts": 5, "last_error": "ZeroDivisionError: the work broke", "dead_at": later(60)},
        "done": {"done_at": later(1)},
    }
    return {
        state: Message.objects.create(**{"topic": TOPIC, "created_at": AT, "due_at": AT, **fields})
        for state, fields in states.items()
    }


def try_again(client: Client, *chosen: Message) -> str:
    answer = client.post(
        LIST, {"action": "try_again", "_selected_action": [message.pk for message in chosen]}, follow=True
    )
    return answer.content.decode()


@pytest.mark.usefixtures("administrator")
class TestMessages:
    @pytest.mark.parametrize(
        ("state", "shown"),
        [
            ("pending", {"pending", "failing"}),
            ("failing", {"failing"}),
            ("dead", {"dead"}),
            ("done", {"done"}),
        ],
    )
    def test_are_found_by_state(
        self, client: Client, messages: dict[str, Message], state: str, shown: set[str]
    ) -> None:
        page = client.get(LIST, {"state": state}).content.decode()
        found = re.findall(r'name="_selected_action" value="(\d+)"', page)
        assert sorted(map(int, found)) == sorted(messages[name].pk for name in shown)

    def test_tell_their_attempts_and_what_went_wrong(
        self, client: Client, messages: dict[str, Message]
    ) -> None:
        page = client.get(LIST, {"state": "dead"}).content.decode()
        assert "ZeroDivisionError: the work broke" in page
        assert '<td class="field-attempts">5</td>' in page

    def test_that_were_given_up_are_told_on_the_first_page(
        self, client: Client, messages: dict[str, Message]
    ) -> None:
        page = client.get(reverse("admin:index")).content.decode()
        assert f'<a href="{LIST}?state=dead">1 message was given up after too many attempts.</a>' in page
        Message.objects.dead().delete()
        assert "given up" not in client.get(reverse("admin:index")).content.decode()

    def test_that_were_given_up_are_tried_again_and_a_worker_is_woken(
        self,
        client: Client,
        messages: dict[str, Message],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks() as woken:
            page = try_again(client, messages["dead"])
        assert "1 message that had been given up is tried again." in page
        assert len(woken) == 1
        again = Message.objects.get(pk=messages["dead"].pk)
        assert (again.attempts, again.dead_at) == (0, None)
        assert again.due_at > AT + timedelta(minutes=1)

    def test_that_were_not_given_up_stay_as_they_are(
        self, client: Client, messages: dict[str, Message]
    ) -> None:
        before = list(Message.objects.dead().values()) + list(Message.objects.done().values())
        page = try_again(client, messages["pending"], messages["failing"], messages["done"])
        assert "0 messages that had been given up are tried again." in page
        assert list(Message.objects.dead().values()) + list(Message.objects.done().values()) == before
        assert Message.objects.get(pk=messages["failing"].pk).attempts == 2

    def test_are_not_changed_by_hand(self, client: Client, messages: dict[str, Message]) -> None:
        page = f"{LIST}{messages['dead'].pk}/change/"
        assert client.get(page).status_code == 200
        assert client.post(page, {"attempts": 0}).status_code == 403


def test_others_cannot_have_them_tried_again(client: Client, messages: dict[str, Message]) -> None:
    client.force_login(make_user("taskforce", Role.TASK_FORCE))
    answer = client.post(LIST, {"action": "try_again", "_selected_action": [messages["dead"].pk]})
    assert answer.status_code == 404
    assert Message.objects.dead().count() == 1

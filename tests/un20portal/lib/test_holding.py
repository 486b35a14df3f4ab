"""What a process holds: so many answers, so many bytes, so long, and only while a state stays the same."""

import threading
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.test import Client
from django.urls import path
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt

from tests.factories import Cast
from un20portal.lib.holding import BESIDE, Answer, Answers, held

Clock = list[float]


@pytest.fixture
def clock() -> Clock:
    return [1000.0]


@pytest.fixture
def make(clock: Clock) -> Callable[..., Answers]:
    return lambda **options: Answers(clock=lambda: clock[0], **options)


def answer(size: int = 0) -> Answer:
    return Answer(b"x" * size, {"Content-Type": "text/plain"})


class TestHowMuchIsHeld:
    def test_the_answers_that_were_asked_for_last(self, make: Callable[..., Answers]) -> None:
        answers = make(most=2)
        answers.keep("a", answer())
        answers.keep("b", answer())
        assert answers.get("a")
        answers.keep("c", answer())
        assert [key for key in "abc" if answers.get(key)] == ["a", "c"]

    def test_no_more_than_so_many_bytes(self, make: Callable[..., Answers]) -> None:
        answers = make(most_bytes=10 * BESIDE)
        for number in range(100):
            answers.keep(number, answer(BESIDE))
            assert answers.size <= answers.most_bytes
        assert len(answers) == 5
        assert answers.size == 10 * BESIDE
        answers.forget()
        assert (len(answers), answers.size) == (0, 0)

    def test_nothing_that_would_push_out_the_rest(self, make: Callable[..., Answers]) -> None:
        answers = make(most_bytes=10 * BESIDE)
        answers.keep("small", answer())
        answers.keep("huge", answer(5 * BESIDE))
        assert answers.get("huge") is None
        assert answers.get("small")

    def test_an_answer_that_comes_again_takes_its_place_once(self, make: Callable[..., Answers]) -> None:
        answers = make()
        answers.keep("a", answer(100))
        answers.keep("a", answer(50))
        assert (len(answers), answers.size) == (1, 50 + BESIDE)

    def test_nothing_for_longer_than_a_minute(self, make: Callable[..., Answers], clock: Clock) -> None:
        answers = make()
        answers.keep("a", answer())
        clock[0] += 60
        assert answers.get("a")
        clock[0] += 1
        assert answers.get("a") is None
        assert answers.size == 0


class TestTheState:
    def test_is_asked_once_a_second_and_a_new_one_ends_what_is_held(
        self, make: Callable[..., Answers], clock: Clock
    ) -> None:
        answers, state, asked = make(), ["first"], count()

        def read() -> str:
            next(asked)
            return state[0]

        assert [answers.state_of(read) for _time in range(5)] == ["first"] * 5
        answers.keep("a", answer())
        state[0] = "second"
        assert answers.state_of(read) == "first"
        clock[0] += 1
        assert answers.state_of(read) == "second"
        assert answers.get("a") is None
        assert next(asked) == 2

    def test_nobody_waits_for_the_one_who_asks_but_no_longer_than_another_second(
        self, make: Callable[..., Answers], clock: Clock
    ) -> None:
        answers, may_answer, asks = make(), threading.Event(), threading.Event()
        state = ["first"]

        def read() -> str:
            if state[0] == "second":
                asks.set()
                assert may_answer.wait(60)
            return state[0]

        answers.state_of(read)
        state[0], clock[0] = "second", clock[0] + 1
        found: list[Any] = []
        slow = threading.Thread(target=lambda: found.append(answers.state_of(read)))
        slow.start()
        assert asks.wait(60)
        assert answers.state_of(read) == "first", "it goes on with what it knows"
        clock[0] += 1
        late = threading.Thread(target=lambda: found.append(answers.state_of(read)))
        late.start()
        late.join(0.2)
        assert late.is_alive(), "two seconds are too old: it waits"
        may_answer.set()
        slow.join(60)
        late.join(60)
        assert found == ["second", "second"]

    def test_that_cannot_be_read_is_asked_for_again(self, make: Callable[..., Answers]) -> None:
        answers, says = make(), [OSError("the database is away")]

        def read() -> str:
            if says:
                raise says.pop()
            return "first"

        with pytest.raises(OSError, match="away"):
            answers.state_of(read)
        assert answers.state_of(read) == "first"

    def test_many_threads_lose_nothing(self, make: Callable[..., Answers]) -> None:
        answers = make(most=20, most_bytes=30 * BESIDE)
        wrong: list[str] = []

        def work(seed: int) -> None:
            for number in range(2000):
                key = (number * seed) % 50
                found = answers.get(key)
                if found and found.content != b"%d" % key:
                    wrong.append(f"{key}: {found.content!r}")
                answers.keep(key, Answer(b"%d" % key, {}))

        threads = [threading.Thread(target=work, args=[seed]) for seed in (1, 3, 7, 11)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert len(answers) <= 20
        assert answers.size == sum(held.size for held, _at in answers._held.values())


NUMBERS = count()


def numbered(request: HttpRequest, **options: Any) -> HttpResponse:
    return HttpResponse(f"answer {next(NUMBERS)}", **options)


def with_cookie(request: HttpRequest) -> HttpResponse:
    response = numbered(request)
    response.set_cookie("mine", "1")
    return response


def with_token(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_token(request))


def with_nonce(request: Any) -> HttpResponse:
    return HttpResponse(str(request.csp_nonce))


def with_session(request: HttpRequest) -> HttpResponse:
    request.session["began"] = next(NUMBERS)
    return numbered(request)


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(f"answer {number}" for number in [next(NUMBERS)])


def failing(request: HttpRequest) -> HttpResponse:
    return numbered(request, status=503)


hold = held(while_same=lambda: 1)
OWN = {
    "cookie": with_cookie,
    "token": with_token,
    "nonce": with_nonce,
    "session": with_session,
    "streamed": streamed,
    "failing": failing,
    "no-store": cache_control(no_store=True)(numbered),
    "private": cache_control(private=True)(numbered),
}


def public(view: Any) -> Any:
    view.login_required = False
    return view


urlpatterns = [
    path("numbered/", public(csrf_exempt(hold(numbered)))),
    *(path(f"{name}/", public(hold(view))) for name, view in OWN.items()),
]


@pytest.mark.urls(__name__)
@pytest.mark.django_db
class TestWhatIsHeld:
    def test_is_the_answer_to_a_stranger(self) -> None:
        first = Client().get("/numbered/").content
        assert Client().get("/numbered/").content == first
        assert Client().get("/numbered/?x=1").content != first
        assert Client().post("/numbered/").content != first
        assert Client().head("/numbered/").status_code == 200

    def test_is_nobodys_who_is_known(self, cast: Cast) -> None:
        first = Client().get("/numbered/").content
        member = Client()
        member.force_login(cast.focal)
        told, gone = Client(), Client()
        told.cookies["messages"] = "something that waits to be said"
        gone.cookies["sessionid"] = "of a session that has ended"
        asked = [member.get("/numbered/"), told.get("/numbered/"), gone.get("/numbered/")]
        asked.append(Client().get("/numbered/", headers={"Authorization": "Bearer x"}))
        assert first not in [answer.content for answer in asked]
        assert len({answer.content for answer in asked}) == 4
        assert Client().get("/numbered/").content == first, "nor are theirs held"

    def test_is_nothing_that_is_of_one_request(self) -> None:
        for name in OWN:
            said = []
            for _time in range(2):
                answer: Any = Client().get(f"/{name}/")
                said.append(b"".join(answer.streaming_content) if answer.streaming else answer.content)
            assert said[0] != said[1], name

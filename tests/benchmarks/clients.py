"""Clients that ask over kept connections and take little time of their own: processes with bare sockets."""

import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

from tests.benchmarks.measuring import ROUNDS

SECONDS = 20
ENDLESS = 1 << 20
_together: list[Barrier] = []  # of a client's process: the one at which all wait for each other


@dataclass(frozen=True)
class Step:
    """What each client sends, request by request, and the status that every answer must have."""

    scripts: Sequence[Sequence[bytes]] = field(repr=False)
    status: int = 200


@dataclass(frozen=True)
class Load:
    """What the clients saw in one step of a round."""

    spans: list[tuple[float, float]] = field(repr=False)

    @property
    def per_second(self) -> float:
        begun, ended = min(start for start, _end in self.spans), max(end for _start, end in self.spans)
        return len(self.spans) / (ended - begun)

    @property
    def milliseconds(self) -> list[float]:
        return [(end - start) * 1000 for start, end in self.spans]


class Clients:
    """A few clients at once, each with its own list of requests."""

    def __init__(self, executor: ProcessPoolExecutor, port: int, count: int) -> None:
        self._executor, self._port, self.count = executor, port, count

    def ask(self, *steps: Step) -> list[Load]:
        """Let all clients play step after step together; raise AssertionError at an answer of another status.

        Each keeps one connection for all steps. The server shares connections out among its processes as
        chance has it, evenly or not, so only what goes over the same ones can stand beside each other.
        """
        assert all(len(step.scripts) == self.count for step in steps)
        calls = [
            self._executor.submit(_play, self._port, [(step.scripts[client], step.status) for step in steps])
            for client in range(self.count)
        ]
        spans = [call.result(timeout=60) for call in calls]
        return [Load([span for one in spans for span in one[number]]) for number in range(len(steps))]

    def rounds(self, make: Callable[[], Sequence[Step]]) -> list[list[Load]]:
        """Play the steps of `make()` once per round, each round another one first; return the loads of each.

        The first round, in which everything warms up, is left out.
        """
        self.ask(*make())
        found = []
        for number in range(ROUNDS):
            steps = make()
            first = number % len(steps)
            loads = self.ask(*steps[first:], *steps[:first])
            found.append(loads[len(steps) - first :] + loads[: len(steps) - first])
        return [list(loads) for loads in zip(*found, strict=True)]


@contextmanager
def asking(port: int, *, count: int) -> Iterator[Clients]:
    context = get_context("spawn")
    together = (context.Barrier(count),)
    with ProcessPoolExecutor(count, mp_context=context, initializer=_prepare, initargs=together) as executor:
        yield Clients(executor, port, count)


def request(method: str, path: str, *, headers: Mapping[str, str] | None = None, body: str = "") -> bytes:
    """The bytes of one request."""
    sent = {"Host": "127.0.0.1", "Accept-Encoding": "gzip", **(headers or {})}
    if body:
        sent |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", body]
    return "\r\n".join(lines).encode()


def _prepare(barrier: Barrier) -> None:
    _together.append(barrier)


def _play(port: int, steps: Sequence[tuple[Sequence[bytes], int]]) -> list[list[tuple[float, float]]]:
    buffer = bytearray(ENDLESS)
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return [_play_step(connection, buffer, script, status) for script, status in steps]


def _play_step(
    connection: socket.socket, buffer: bytearray, script: Sequence[bytes], status: int
) -> list[tuple[float, float]]:
    spans = []
    expected = f"HTTP/1.1 {status} ".encode()
    _together[0].wait(SECONDS)
    for sent in script:
        begun = time.perf_counter()
        connection.sendall(sent)
        head = _read(connection, buffer)
        spans.append((begun, time.perf_counter()))
        assert head.startswith(expected), head.decode(errors="replace")
    return spans


def _read(connection: socket.socket, buffer: bytearray) -> bytes:
    """Read one answer whole and return its head."""
    received = 0
    while (end := buffer.find(b"\r\n\r\n", 0, received)) < 0:
        received += _receive(connection, memoryview(buffer)[received:])
    head = bytes(buffer[:end])
    left = _content_length(head) - (received - end - 4)
    while left > 0:
        left -= _receive(connection, memoryview(buffer)[:left])
    return head


def _receive(connection: socket.socket, room: memoryview) -> int:
    count = connection.recv_into(room)
    if not count:
        raise ConnectionError("the server closed the connection")
    return count


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0

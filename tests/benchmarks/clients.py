"""Clients that ask over kept connections and take little time of their own: processes with bare sockets."""

import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context

SECONDS = 20
ENDLESS = 1 << 20


@dataclass(frozen=True)
class Load:
    """What the clients of one round saw."""

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

    def __init__(self, executor: ProcessPoolExecutor, port: int) -> None:
        self._executor, self._port = executor, port

    def ask(self, scripts: Sequence[Sequence[bytes]], *, status: int = 200) -> Load:
        """Play each script by one client; raise AssertionError at an answer of another status."""
        calls = [self._executor.submit(_play, self._port, list(script), status) for script in scripts]
        return Load([span for call in calls for span in call.result(timeout=60)])


@contextmanager
def clients(port: int, *, count: int) -> Iterator[Clients]:
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as executor:
        yield Clients(executor, port)


def request(method: str, path: str, *, headers: Mapping[str, str] | None = None, body: str = "") -> bytes:
    """The bytes of one request."""
    sent = {"Host": "127.0.0.1", "Accept-Encoding": "gzip", **(headers or {})}
    if body:
        sent |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", body]
    return "\r\n".join(lines).encode()


def _play(port: int, requests: list[bytes], status: int) -> list[tuple[float, float]]:
    spans = []
    expected = f"HTTP/1.1 {status} ".encode()
    buffer = bytearray(ENDLESS)
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for sent in requests:
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

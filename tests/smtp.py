"""Mail servers for tests: one that takes letters, one that takes connections and never says a word."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message


class _Conversation(socketserver.StreamRequestHandler):
    server: "Sink"

    def handle(self) -> None:
        self._say("220 sink")
        while line := self.rfile.readline().strip().upper():
            if line == b"DATA":
                self._say("354 go on")
                self.server.letters.append(message_from_bytes(self._letter()))
            self._say(self._answer(line.decode()))
            if line == b"QUIT":
                return

    def _answer(self, line: str) -> str:
        refused = [text for address, text in self.server.refused.items() if address.upper() in line]
        if line.startswith("RCPT") and refused:
            return refused[0]
        return "221 bye" if line == "QUIT" else "250 fine"

    def _letter(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class Sink(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as letters need, and keeps them; some addresses it refuses with these words."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.refused: dict[str, str] = {}
        super().__init__(("127.0.0.1", 0), _Conversation)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@contextmanager
def sink() -> Iterator[Sink]:
    """Run a server that takes every letter."""
    with Sink() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def silent() -> Iterator[int]:
    """Hold a port that takes connections and never answers; yield it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])

"""Frames to and from a container's standard streams, over the socket that the engine attaches to them."""

import socket
import time
from typing import Any

_LARGEST = 256 << 20
_STDOUT, _STDERR = 1, 2
_KEPT = 4000


class BrokenError(Exception):
    """The container gave no answer, or none that can be read; the message says which."""


class Attached:
    """One end of the streams of ``sandboxes.runner.relay``. The engine marks each piece of output with 8 bytes: the
    stream's number, three zeros, and the length.
    """

    def __init__(self, client: Any, container: str) -> None:
        """Attach to a container that was created and not started yet; closing the socket closes its input."""
        streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        self._response = client.api.attach_socket(container, params=streams)
        self._socket: socket.socket = getattr(self._response, "_sock", self._response)
        self._raw, self._frames, self._errors = bytearray(), bytearray(), bytearray()

    def ask(self, body: bytes, timeout_s: float) -> bytes:
        """Send a frame, return the answer's. Raises ``BrokenError`` without one in ``timeout_s`` seconds."""
        end = time.monotonic() + timeout_s
        try:
            self._socket.settimeout(timeout_s)
            self._socket.sendall(len(body).to_bytes(4, "big") + body)
            return self._receive(end)
        except TimeoutError as error:
            raise BrokenError(f"gave no answer in {timeout_s:.0f} s") from error
        except OSError as error:
            raise BrokenError(f"cannot be reached: {error}") from error

    def _receive(self, end: float) -> bytes:
        while True:
            size = int.from_bytes(self._frames[:4], "big") if len(self._frames) >= 4 else 0
            if size > _LARGEST:
                raise BrokenError(f"announced an answer of {size} bytes")
            if len(self._frames) >= 4 + size > 4:
                answer = bytes(self._frames[4 : 4 + size])
                del self._frames[: 4 + size]
                return answer
            self._read(end)

    def _read(self, end: float) -> None:
        self._socket.settimeout(max(0.001, end - time.monotonic()))
        data = self._socket.recv(1 << 18)
        if not data:
            said = self._errors.decode("utf-8", "replace").strip().splitlines()
            raise BrokenError(f"ended{': ' + said[-1] if said else ''}")
        self._raw += data
        while len(self._raw) >= 8:
            stream, size = self._raw[0], int.from_bytes(self._raw[4:8], "big")
            if len(self._raw) < 8 + size:
                return
            piece = self._raw[8 : 8 + size]
            del self._raw[: 8 + size]
            if stream == _STDOUT:
                self._frames += piece
            elif stream == _STDERR:
                self._errors = (self._errors + piece)[-_KEPT:]

    def close(self) -> None:
        """Close both ways."""
        self._socket.close()
        self._response.close()

"""JSON over HTTP to an execution service, tried again as long as the fault may pass."""

import contextlib
import email.utils
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

_LARGEST = 128 << 20
_LONGEST_WAIT_S, _LONGEST_RETRY_AFTER_S = 8.0, 120.0

Check = Callable[[Any], str | None]
"""What is wrong with an answer on the service's side; None when nothing is."""


class ServiceError(Exception):
    """No usable answer; the message says why. ``code``: the HTTP status of a refusal, else None."""

    def __init__(self, text: str, code: int | None = None, wait_s: float | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.wait_s = wait_s


class Service:
    """One service."""

    def __init__(self, url: str, key: str | None, retries: int, backoff_s: float) -> None:
        """``url`` is its root; ``key`` is sent as a bearer token."""
        self._url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json", "User-Agent": "proofstill"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._retries = retries
        self._backoff_s = backoff_s

    def ask(self, path: str, body: Mapping[str, Any] | None, timeout_s: float, fault: Check) -> tuple[Any, float]:
        """Answer to a POST, or a GET without ``body``, and the seconds that it took. Raises ``ServiceError`` when the
        last attempt fails, or one fails for good: a refusal (4xx) other than 408 and 429.
        """
        attempt = 0
        while True:
            try:
                started = time.monotonic()
                return self._once(path, body, timeout_s, fault), time.monotonic() - started
            except ServiceError as error:
                final = error.code is not None and error.code < 500 and error.code not in (408, 429)
                if final or attempt >= self._retries:
                    raise
                wait = self._backoff_s * 2**attempt if error.wait_s is None else error.wait_s
                longest = _LONGEST_WAIT_S if error.wait_s is None else _LONGEST_RETRY_AFTER_S
            time.sleep(min(wait, longest))
            attempt += 1

    def _once(self, path: str, body: Mapping[str, Any] | None, timeout_s: float, fault: Check) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, self._headers)  # noqa: S310  http or https, checked
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as response:  # noqa: S310
                text = response.read(_LARGEST + 1)
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error) from error
        except (OSError, http.client.HTTPException) as error:
            raise ServiceError(f"cannot be reached: {getattr(error, 'reason', None) or error!r}") from error
        if len(text) > _LARGEST:
            raise ServiceError(f"gave an answer of more than {_LARGEST >> 20} MB")
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ServiceError(f"gave an answer that is no JSON: {text[:80]!r}") from error
        if why := fault(answer):
            raise ServiceError(why)
        return answer


def _refusal(error: urllib.error.HTTPError) -> ServiceError:
    text = b""
    with contextlib.suppress(OSError, http.client.HTTPException):
        text = error.read(2000)
    said = " ".join(text.decode("utf-8", "replace").split())[:500]
    wait = _retry_after(error.headers.get("Retry-After"))
    return ServiceError(f"answered {error.code} {error.reason}{': ' + said if said else ''}", error.code, wait)


def _retry_after(value: str | None) -> float | None:
    """Seconds of the header, given as a number or as a date."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds())

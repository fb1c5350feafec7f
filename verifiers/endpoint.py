"""JSON over HTTP to a model server, for verifiers of resource ``http``, over the openai client."""

import functools
import logging
import os
import re
from dataclasses import dataclass
from typing import Any

from engine.errors import ConfigError, VerifierError
from engine.records import Reason, Status, Verdict

CONTROL = re.compile(
    r"<(?=[|｜])|<(?=/?s>|/?(?:bos|eos|pad|unk)>|/?(?:start|end)_of_turn>|</?SYS>>|/?think(?:ing)?>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS)\])",
    re.IGNORECASE,
)
"""Where control tokens of the known chat templates begin: a server may read them in a text as its own."""
_TOO_LONG = re.compile(r"context.{0,10}(length|window|size)|too (long|large|many tokens)", re.IGNORECASE)


@dataclass(frozen=True)
class Server:
    """Where the server is and how long it is waited for. None of this decides what it says.

    408, 409, 429, 5xx, lost connections and time-outs are tried again with exponential backoff (0.5 s doubling to 8 s).
    """

    base_url: str = "http://127.0.0.1:8000/v1"
    api_key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the key; where it is unset, ``none`` is sent, which local servers accept."""
    timeout_s: float = 120.0
    """Seconds without an answer after which a request is tried again."""
    max_retries: int = 2
    """Further attempts at a request."""

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise ConfigError(f"base_url: {self.base_url!r} must start with http:// or https://")
        if self.timeout_s <= 0:
            raise ConfigError(f"timeout_s: {self.timeout_s} is no time")
        if self.max_retries < 0:
            raise ConfigError(f"max_retries: {self.max_retries} is negative")

    @property
    def patience_s(self) -> float:
        """Seconds after which one request has failed for good, all its attempts and pauses together."""
        return (self.max_retries + 1) * self.timeout_s + 8.0 * self.max_retries + 5.0

    def probe(self, key: str) -> None:
        """Raise ``VerifierError`` where nothing listens or the key is refused. Not every server lists its models."""
        import openai

        try:
            short = _connected(self).with_options(max_retries=0, timeout=min(self.timeout_s, 10.0))
            short.get("/models", cast_to=object)
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise VerifierError(
                f"{key}: {self.base_url} refuses the key in ${self.api_key_env} ({_said(error)}); set a valid one"
            ) from None
        except openai.APITimeoutError:
            return  # it is there, and busy
        except openai.APIConnectionError as error:
            why = error.__cause__ or error
            raise VerifierError(f"{key}: {self.base_url} cannot be reached ({why}); start the server there") from None
        except (openai.APIError, ValueError):
            return  # it answers

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON value that ``path`` answers, relative to ``base_url`` or a whole address.

        Raises ``AnswerError`` for anything else, whoever is at fault.
        """
        import openai

        try:
            return _connected(self).post(path, cast_to=object, body=body)
        except openai.APITimeoutError:
            raise AnswerError("server_timeout", f"no answer within {self.timeout_s:g} s") from None
        except openai.APIConnectionError as error:
            raise AnswerError("server_unreachable", f"{error.__cause__ or error}") from None
        except openai.APIStatusError as error:
            long = error.status_code in (400, 413, 422) and _TOO_LONG.search(_said(error))
            code = "too_long" if long else "server_refused"
            raise AnswerError(code, f"status {error.status_code}: {_said(error)}") from None
        except (openai.APIError, ValueError) as error:  # a body that is not JSON
            raise AnswerError("server_malformed", f"the answer is not JSON: {error}") from None


@functools.lru_cache(maxsize=16)
def _connected(server: Server) -> Any:
    """A client per process and server."""
    import openai

    for name in ("openai", "httpx", "httpx2"):  # they log every request
        logging.getLogger(name).setLevel(logging.WARNING)
    return openai.OpenAI(
        api_key=os.environ.get(server.api_key_env) or "none",
        base_url=server.base_url,
        timeout=server.timeout_s,
        max_retries=server.max_retries,
    )


class AnswerError(Exception):
    """A server did not answer as it should. Never the sample's fault; only a text that it cannot read is no error."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code

    def verdict(self) -> Verdict:
        """ERROR with this code and text; ABSTAIN for a text that is too long for the model."""
        status = Status.ABSTAIN if self.code == "too_long" else Status.ERROR
        return Verdict(status, reason=Reason(self.code, str(self)[:500]))


def sendable(text: str) -> str:
    """The text without lone surrogates, which no JSON body can hold."""
    return text.encode("utf-8", "replace").decode()


def _said(error: Any) -> str:
    return " ".join(str(error.message).split())[:300]

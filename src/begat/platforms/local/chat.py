"""A language model behind any OpenAI-compatible address (``<base url>/chat/completions``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from begat.core.errors import Code, Problem, bad_input
from begat.platforms.local.chat_answer import error_text, read_answer
from begat.platforms.local.chat_lines import Line, Lines
from begat.platforms.local.chat_pace import Pace
from begat.platforms.local.retry_after import retry_after
from begat.platforms.ports import ChatAnswer, Json, Unusable

MAX_ANSWER = 10 * 1024 * 1024
"""Bytes of an answer; more is garbage."""

# These would change what is asked or how many answers there are, and with it what lineage says about them.
_OWN = frozenset({"model", "messages", "stream", "n"})
_BUSY = (429, 503)


class OpenAIChat:
    """See :class:`begat.platforms.ports.Chat`. Safe in several threads; ``close`` it at the end.

    ``timeout``: seconds for one whole answer. ``tries``: requests in all while the service says that it is busy.
    ``longest_wait``: seconds; who is told to wait longer gives up at once and says so.
    """

    def __init__(
        self, base_url: str, key: str | None = None, *, timeout: float = 60, tries: int = 4, longest_wait: float = 30
    ) -> None:
        parts = urlsplit(base_url)
        # Only its host is ever shown: a query or a user name in an address may be a secret.
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise bad_input(
                "The chat service's address is no plain http or https address.",
                hint="Write it like https://api.example.com/v1, and the key apart.",
            )
        if key is not None and not (key.isascii() and key.isprintable() and key.strip()):
            raise bad_input("The chat service's key holds characters that no HTTP header may.", hint="Paste it again.")
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._host = parts.hostname
        self._key = key
        self._timeout = timeout
        self._tries = tries
        self._longest_wait = longest_wait
        self._pace = Pace()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._lines = Lines(headers, httpx.Timeout(timeout, connect=min(timeout, 10)))

    def close(self) -> None:
        """Closes the connections."""
        self._lines.close()

    def reserve(self, run: str, most: int, per_minute: float | None) -> list[float]:
        """When the run may ask next."""
        return self._pace.reserve(run, most, per_minute)

    def complete(
        self,
        model: str,
        system: str | None,
        prompt: str,
        parameters: Mapping[str, Json] | None = None,
        *,
        key: str | None = None,
    ) -> ChatAnswer:
        """One answer to one prompt."""
        content = _request(model, system, prompt, parameters or {})
        for attempt in range(1, self._tries + 1):
            self._pace.wait()
            status, headers, body = self._send(content, key)
            if status == 200:
                return read_answer(body, model)
            if status not in _BUSY or attempt == self._tries:
                raise self._refused(status, body)
            wait = retry_after(headers.get("retry-after"), otherwise=2.0 ** (attempt - 1))
            if wait > self._longest_wait:
                raise self._too_busy(f" and asks to come back in {wait:.0f} seconds")
            self._pace.pause(wait)
        raise AssertionError("the last attempt returns or raises")

    def _send(self, content: bytes, key: str | None) -> tuple[int, httpx.Headers, bytes]:
        """Status, headers and the whole body, within ``timeout`` also where it comes drop by drop."""
        with self._lines.one(self._timeout) as line:
            try:
                return self._receive(line, content, key)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                raise self._broken(error, late=line.late) from None
            except httpx.DecodingError:
                message = f"The chat service at {self._host} sent a garbled answer."
                problem = Problem(Code.PLATFORM, message, hint="Check that its address is OpenAI-compatible.")
                raise Unusable(problem, None, None) from None

    def _receive(self, line: Line, content: bytes, key: str | None) -> tuple[int, httpx.Headers, bytes]:
        body = bytearray()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        more = {"trace": line.trace}
        with line.client.stream("POST", self._url, content=content, headers=headers, extensions=more) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_ANSWER:
                    message = f"The chat service at {self._host} sent more than {MAX_ANSWER} bytes."
                    problem = Problem(Code.PLATFORM, message, hint="Ask for a shorter answer.")
                    raise Unusable(problem, None, None)
            if line.late:  # an answer without a length ends where it is cut
                raise httpx.ReadTimeout("the deadline has passed")
        return response.status_code, response.headers, bytes(body)

    def _broken(self, error: Exception, *, late: bool) -> Problem:
        if late or isinstance(error, httpx.TimeoutException):
            return self._too_slow()
        if isinstance(error, httpx.RemoteProtocolError):
            message = f"The chat service at {self._host} broke off in the middle of its answer."
            return Problem(Code.UNAVAILABLE, message, hint="Try again.")
        message = f"The chat service at {self._host} cannot be reached ({type(error).__name__})."
        return Problem(Code.UNAVAILABLE, message, hint="See that it runs and that the address is right.")

    def _refused(self, status: int, body: bytes) -> Problem:
        said = error_text(body, self._key)
        detail = f": {said}" if said else ""
        if status == 429:
            return self._too_busy(detail)
        if status in (408, 425) or status >= 500:
            message = f"The chat service at {self._host} failed with status {status}{detail}"
            return Problem(Code.UNAVAILABLE, message, hint="Try again.")
        if status in (401, 403):
            hint = "Check the key, and what it may use."
        elif status == 404:
            hint = "Check the address and the model's name."
        else:
            hint = "Check the model's name and the parameters."
        return Problem(
            Code.PLATFORM, f"The chat service at {self._host} refused with status {status}{detail}", hint=hint
        )

    def _too_busy(self, detail: str) -> Problem:
        return Problem(
            Code.UNAVAILABLE, f"The chat service at {self._host} has too many requests{detail}", hint="Try again later."
        )

    def _too_slow(self) -> Problem:
        message = f"The chat service at {self._host} took longer than {self._timeout:g} seconds."
        return Problem(Code.UNAVAILABLE, message, hint="Try again, or ask for a shorter answer.")


def _request(model: str, system: str | None, prompt: str, parameters: Mapping[str, Json]) -> bytes:
    for name in parameters:
        if name in _OWN:
            raise bad_input(f"The parameter {name!r} is begat's own.", "parameters", name, hint="Leave it out.")
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": prompt})
    try:
        text = json.dumps({**parameters, "model": model, "messages": messages}, ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8")
    except (ValueError, TypeError, RecursionError):
        raise bad_input(
            "The prompt or a parameter is no valid JSON text.", hint="Send valid Unicode and numbers."
        ) from None

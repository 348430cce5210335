"""Chat and SMS services by the library apprise: `apprise: 'ntfy://desk-alerts'`, or an URL with a secret in `url_file`."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any
from urllib.parse import quote

from itsm.notify import secret
from itsm.notify.channel import Envelope, Failed, OnResult, Result, Silent, Unreachable, ignore, in_turn, in_words, within
from itsm.notify.command import filled
from itsm.sla.policy import Channel

_STATUS = re.compile(r"error=([1-5][0-9]{2})\b")
_PARTS = re.compile(r"[/:@?&=#]+")
_TELLING = 6  # characters from which on a part of an URL could be a secret
_DETAILS = "Response Details:"
_FOR_NOW = frozenset((401, 402, 403, 407, 408, 423, 425, 429))  # who we are, or how often: not this message's fault
_LEAST = 0.01  # seconds that a connection is given


class Apprise:
    """One service. `{mobile}` and the other fields are filled into the URL, percent-encoded, each within its place."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._url: secret.Secret | None = None
        self.connection = ""

    def deliver(self, batch: Sequence[Envelope], time_limit: float, on_result: OnResult = ignore) -> list[Result]:
        """Tell the service each message. Never raises."""
        return in_turn(batch, time_limit, self._send, on_result)

    def _send(self, envelope: Envelope, left: float) -> str:
        apprise = _library()
        self._url = self._url or secret.url(self._channel)
        limit = max(_LEAST, min(self._channel.timeout, left))
        url = filled(self._url.text, {name: quote(value, safe="") for name, value in envelope.fields.items()})
        service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
        if service is None:
            raise Unreachable(f"channel {self._channel.name}: its URL is none that apprise knows: https://appriseit.com lists them")
        service.socket_connect_timeout = service.socket_read_timeout = limit
        self.connection = f"{service.service_name} by apprise {apprise.__version__}"
        sent, words = _told(service, envelope, limit)
        if not sent:
            raise self._failure(words, limit)
        return f"{service.service_name} took it"

    def _failure(self, words: _Words, limit: float) -> Failed:
        """What the service's words mean. Without a status nobody has answered."""
        said = words.plain(self._url)
        status = int(found[1]) if (found := _STATUS.search(said)) else 0
        if status:
            return Failed(said, permanent=400 <= status < 500 and status not in _FOR_NOW)
        if words.seconds >= limit * 0.9:
            return Silent(f"channel {self._channel.name}: no answer within {in_words(limit)}")
        return Unreachable(said or f"channel {self._channel.name}: the service didn't take it, and apprise doesn't say why")


class _Words:
    """What the library logged of one message, and how long that took."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, bool]] = []
        self.seconds = 0.0

    def plain(self, url: secret.Secret | None) -> str:
        """For people: the complaints and the service's answer, not the URLs that it prints as well."""
        said = " ".join(text.removeprefix(_DETAILS).strip() for text, loud in self.lines if loud or text.startswith(_DETAILS))
        for part in _PARTS.split(url.text) if url else ():
            said = said.replace(part, "***") if len(part) >= _TELLING else said
        return said


def _told(service: Any, envelope: Envelope, limit: float) -> tuple[bool, _Words]:
    """Whether the service took it; what drips a byte a second has not."""
    words, sent = _Words(), False
    text, subject = envelope.message.decode("utf-8", "replace"), envelope.fields.get("subject", "")
    with _heard(words):
        began = monotonic()
        try:
            sent = bool(within(limit, partial(service.notify, body=text, title=subject, body_format="text")))
        except TimeoutError:
            pass  # that it took too long is told by the seconds
        except Exception as error:  # noqa: BLE001 - a hundred services of other people's, and a channel never raises
            words.lines.append((f"{type(error).__name__}: {error}", True))
        words.seconds = monotonic() - began
    return sent, words


class _Listener(logging.Handler):
    def __init__(self, words: _Words) -> None:
        super().__init__()
        self.words = words

    def emit(self, record: logging.LogRecord) -> None:
        self.words.lines.append((record.getMessage(), record.levelno >= logging.WARNING))


@contextmanager
def _heard(words: _Words) -> Iterator[None]:
    """The library says only by its log why something failed."""
    log, listener = logging.getLogger("apprise"), _Listener(words)
    before = (log.level, log.propagate)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(listener)
    try:
        yield
    finally:
        log.removeHandler(listener)
        log.level, log.propagate = before


def _library() -> Any:
    """Raises Unreachable where the extra isn't installed."""
    try:
        import apprise
    except ImportError:
        raise Unreachable("this channel wants the library apprise: pip install 'itsm[apprise]'") from None
    return apprise

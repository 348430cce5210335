"""What all channels have in common: envelopes in, results out, and a round that no single bad mail or dead server can stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol, TypeVar

from itsm.model.event import NOTHING
from itsm.values import dataclass, field

T = TypeVar("T")
State = Literal["sent", "failed", "refused", "not-tried"]
PATIENCE = 2  # time-outs in a row after which nobody waits for this server any more
_REASON = 500  # characters of a server's or program's words that are kept


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message for one address. `id` is its Message-ID; `message` goes to the server or to the program's stdin as it is.

    `fields` fill the argument list and the environment of a `command` channel; mail needs none.
    """

    id: str
    sender: str
    to: str
    message: bytes
    fields: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an envelope. `failed`: for now, try again; `refused`: for good, this address or message won't do;
    `not-tried`: the time for the round was up before its turn, which is no attempt and no fault of its own. `reason` are the other
    side's words: why not, or what it said to a message that it took.
    """

    envelope: Envelope
    state: State
    reason: str = ""

    @property
    def sent(self) -> bool:
        """Whether somebody else now answers for it."""
        return self.state == "sent"


OnResult = Callable[[Result], None]


def ignore(_: Result) -> None:
    """Nobody wants to hear of each result as it comes."""


class Carrier(Protocol):
    """A way to deliver. Never raises of itself: one bad mail, one dead server, and the rest goes on (page 3, sentence 20)."""

    @property
    def connection(self) -> str:
        """How the other side was last reached, for people; "" before that."""

    def deliver(self, batch: Sequence[Envelope], time_limit: float, on_result: OnResult = ignore) -> list[Result]:
        """Try each envelope in its order, for at most `time_limit` seconds altogether. One result for each.

        `on_result` hears of each at once, before the next is tried: what it writes down then is not sent again after a crash.
        What it raises ends the round: what can't be recorded had better not be sent.
        """


class Failed(Exception):
    """This envelope didn't get through. `permanent`: it never will as it is."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(" ".join(reason.split())[:_REASON])
        self.permanent = permanent


class Unreachable(Failed):
    """Nor will any other in this round: there is no such server or program, or it can't be trusted."""


class Silent(Failed):
    """It took too long: whether it was taken or not, nobody knows. The next one may have more luck; the one after that isn't waited for."""


class OutOfTime(Failed):
    """The round was over before this envelope's turn."""

    def __init__(self) -> None:
        super().__init__("the time of this sweep was up")


def in_words(seconds: float) -> str:
    """A time-out for people, who read the same words again where it was cut a little shorter this time (page 3, sentence 20)."""
    return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1g} s"


def within(seconds: float, act: Callable[[], T]) -> T:
    """What it gives, or raises; TimeoutError where it takes longer. In a thread, which is left behind then: who asks a name server, or is
    sent a byte a second, has no other end.
    """
    import threading

    given: list[T] = []
    raised: list[Exception] = []

    def run() -> None:
        try:
            given.append(act())
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not given:
        raise TimeoutError(f"no answer within {in_words(seconds)}")
    return given[0]


def in_turn(
    batch: Sequence[Envelope], time_limit: float, send: Callable[[Envelope, float], str], on_result: OnResult = ignore
) -> list[Result]:
    """Call `send(envelope, seconds left)` for each, until the time is up or there is no hope for the rest. It gives the answer."""
    deadline = time.monotonic() + time_limit
    results: list[Result] = []
    hopeless, silences = "", 0
    for envelope in batch:
        left = deadline - time.monotonic()
        if hopeless:
            result = Result(envelope, "failed", hopeless)
        else:
            outcome = _attempt(send, envelope, left) if left > 0 else OutOfTime()
            failure = outcome if isinstance(outcome, Failed) else None
            result = _result(envelope, outcome)
            silences = silences + 1 if isinstance(failure, Silent) else 0
            if failure and (isinstance(failure, Unreachable) or silences >= PATIENCE):
                hopeless = str(failure)
        results.append(result)
        on_result(result)
    return results


def _attempt(send: Callable[[Envelope, float], str], envelope: Envelope, left: float) -> Failed | str:
    try:
        return " ".join(send(envelope, left).split())[:_REASON]
    except Failed as failure:
        return failure
    except (OSError, ValueError) as error:
        return Failed(f"{type(error).__name__}: {error}")


def _result(envelope: Envelope, failure: Failed | str) -> Result:
    if isinstance(failure, str):
        return Result(envelope, "sent", failure)
    if isinstance(failure, OutOfTime):
        return Result(envelope, "not-tried", str(failure))
    return Result(envelope, "refused" if failure.permanent else "failed", str(failure))

"""A word to whoever watches over cron: an https URL that is fetched (as healthchecks.io has it), or a program that is run."""

from __future__ import annotations

from collections.abc import Sequence

from itsm.notify import program
from itsm.notify.channel import Failed

SECONDS = 10.0  # for the whole of it: the next sweep is a minute away
_FAIL = "/fail"


def beat(words: Sequence[str], exit_code: int) -> str:
    """Tell how a sweep ended: 0, or `/fail` behind the URL, and always the exit code in the program's ITSM_EXIT. "" or why it failed."""
    try:
        if len(words) == 1 and "://" in words[0]:
            path, asked, query = words[0].partition("?")
            _fetched(f"{path.rstrip('/')}{_FAIL if exit_code else ''}{asked}{query}")
        else:
            program.run(words, b"", {"exit": str(exit_code)}, SECONDS)
    except Failed as failure:
        return str(failure)
    return ""


def _fetched(url: str) -> None:
    """Raises Failed, without the URL: who has it can keep the watchdog quiet. In a thread: a byte a second is no answer either."""
    import threading

    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(_answer(url)), daemon=True)
    thread.start()
    thread.join(SECONDS)
    if not said or said[0]:
        raise Failed(said[0] if said else f"no answer within {SECONDS:g} s")


def _answer(url: str) -> str:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    try:
        with urlopen(Request(url, headers={"User-Agent": "itsm"}), timeout=SECONDS) as answer:  # noqa: S310 - the policy takes https only
            answer.read(1)
    except HTTPError as error:
        return f"the URL answered {error.code} {error.reason}"
    except (OSError, HTTPException, ValueError) as error:
        return f"the URL didn't answer: {getattr(error, 'reason', '') or type(error).__name__}"
    return ""

"""A word to whoever watches over cron: an https URL that is fetched (as healthchecks.io has it), or a program that is run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from itsm.notify import program
from itsm.notify.channel import Failed, within

_FAIL = "/fail"


def beat(words: Sequence[str], exit_code: int, seconds: float) -> str:
    """Tell how a sweep ended: 0, or `/fail` behind the URL, and always the exit code in the program's ITSM_EXIT, within so many
    seconds altogether. "" or why it failed.
    """
    try:
        if len(words) == 1 and "://" in words[0]:
            path, asked, query = words[0].partition("?")
            _fetched(f"{path.rstrip('/')}{_FAIL if exit_code else ''}{asked}{query}", seconds)
        else:
            program.run(words, b"", {"exit": str(exit_code)}, seconds)
    except Failed as failure:
        return str(failure)
    return ""


def _fetched(url: str, seconds: float) -> None:
    """Raises Failed, without the URL: who has it can keep the watchdog quiet."""
    try:
        said = within(seconds, partial(_answer, url, seconds))
    except TimeoutError as error:
        raise Failed(str(error)) from None
    if said:
        raise Failed(said)


def _answer(url: str, seconds: float) -> str:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    try:
        with urlopen(Request(url, headers={"User-Agent": "itsm"}), timeout=seconds) as answer:  # noqa: S310 - the policy takes https only
            answer.read(1)
    except HTTPError as error:
        return f"the URL answered {error.code} {error.reason}"
    except (OSError, HTTPException, ValueError) as error:
        return f"the URL didn't answer: {getattr(error, 'reason', '') or type(error).__name__}"
    return ""

"""Suggestions for misspelt words: of a field, a team, a rule, a command."""

from __future__ import annotations

from collections.abc import Iterable

_MOST = 16  # known words that anybody reads


def near(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known words that are most like this one, whatever their case, best first."""
    from difflib import get_close_matches

    names = {name.casefold(): name for name in sorted(known)}
    same = word.casefold()
    return [names[same]] if same in names else [names[one] for one in get_close_matches(same, names, n=most)]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion for a misspelt word, or all that there is to choose from."""
    words = sorted(known)
    close = near(word, words, most=1)
    if close:
        return f"did you mean {close[0]}?"
    more = ", …" if len(words) > _MOST else ""
    return f"known: {', '.join(words[:_MOST])}{more}" if words else ""


_WIDE = {
    sign: (name, plain)
    for name, signs, plains in (
        ("a full-width colon", "：", ":"),
        ("a full-width comma", "，", ","),
        ("an ideographic comma", "、", ","),
        ("a full-width brace", "｛｝", "{}"),
        ("a full-width bracket", "［］【】", "[][]"),
        ("a full-width number sign", "＃", "#"),
        ("a full-width dash", "－～", "--"),
        ("a long dash", "–—", "--"),
        ("a curly quote", "‘’“”", "''\"\""),
        ("a full-width space", "\u3000", " "),
        ("a no-break space", "\xa0", " "),
    )
    for sign, plain in zip(signs, plains, strict=True)
}


def wide(text: str) -> tuple[int, str, str] | None:
    """The first sign that looks like one of YAML's own and is another, as a Chinese keyboard types it: place, name, the right sign."""
    return next(((place, *_WIDE[sign]) for place, sign in enumerate(text) if sign in _WIDE), None)

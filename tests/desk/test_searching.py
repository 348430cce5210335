"""With an index of words or without: the same hits (issue 5). What the files say is what is found, whatever the index thinks.

The scan, which reads every file, is the oracle: a folder where the index should be makes `search` do without one.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itsm.desk.desk import Desk
from itsm.desk.searching import alike, search
from itsm.model.event import Event
from itsm.model.query import Query, Term, Value, parse
from itsm.model.ticket import Ticket
from itsm.store import keys
from itsm.store.codec import Document
from itsm.store.emit import encode
from itsm.store.texts import TEXTS

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PLACES = ("tickets", "tickets/archive/2025", "tickets/archive/2026")


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all files had been there for long, so that the index believes that it knows them."""
    monkeypatch.setattr(keys, "RACY", -(10**15))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A printer's past: T-1 and T-2 live, T-3 and T-4 archived, and a file with a fault."""
    put(tmp_path, 1, "Printer jams", "tray 2")
    put(tmp_path, 2, "Mail server does not answer", "王芳 says")
    put(tmp_path, 3, "打印机卡纸", "换了搓纸轮", place=1)
    put(tmp_path, 4, "The printer's out of paper", place=2)
    (tmp_path / "tickets/T-5.yaml").write_text("title: [printer", encoding="utf-8")
    found(tmp_path, "printer")
    return tmp_path


def put(root: Path, number: int, title: str, note: str = "", place: int = 0, how: str = "") -> None:
    """A ticket's file, as the program writes it: a new file takes the old one's place."""
    told = (Event("2", T0, "mei", "noted", {"text": note}),) if note.strip() else ()
    end = (Event("3", T0, "mei", "resolved", {"resolution": how}),) if how else ()
    status = "resolved" if how else "new"
    history = (Event("1", T0, "mei", "opened"), *told, *end)
    ticket = Ticket(f"T-{number}", title, T0 + timedelta(hours=number), status=status, history=history)
    folder = root / PLACES[place]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".new").write_text(encode(ticket), encoding="utf-8")
    (folder / ".new").rename(folder / f"T-{number}.yaml")


def index(root: Path) -> Path:
    return root / ".itsm" / TEXTS.file


def asked(root: Path, query: Query) -> list[object]:
    """IDs, places and problems."""
    hits, problems = search(Desk(root), query, T0, "mei")
    return [[(one.row.id, one.row.archived, one.hits) for one in hits], sorted(map(str, problems))]


def scanned(root: Path, query: Query) -> list[object]:
    """The same, from the files alone."""
    aside = root / "aside"
    (root / ".itsm").rename(aside)
    try:
        index(root).mkdir(parents=True)
        return asked(root, query)
    finally:
        shutil.rmtree(root / ".itsm")
        aside.rename(root / ".itsm")


def found(root: Path, *words: str) -> str:
    """The numbers of what is found, the best first."""
    hits, _ = search(Desk(root), parse(words), T0, "mei")
    return "".join(one.row.id.removeprefix("T-") for one in hits)


# --- the same as the scan

SIGNS = "aAsSſßẞiIİıΣσςéÉKk邮件服务器😀 \n\t'\"*()^:-+.\\ANDORTé\u0301\u3000"
TEXT = st.one_of(st.text(st.sampled_from(SIGNS), max_size=12), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8))
CASES: list[Callable[[str], str]] = [str, str.upper, str.lower, str.title]
PAST = st.lists(st.tuples(st.integers(1, 5), TEXT, TEXT, st.integers(0, 2)), min_size=1, max_size=4)


@st.composite
def words_of(draw: st.DrawFn, texts: list[str]) -> Query:
    """Words, most of them pieces of what was written, in another case."""
    terms: list[Term] = []
    for _ in range(draw(st.integers(1, 2))):
        text = draw(st.sampled_from(texts))
        start, size = draw(st.integers(0, max(0, len(text) - 1))), draw(st.integers(1, 8))
        piece = draw(st.sampled_from(CASES))(text[start : start + size])
        values = [Value(one) for one in (piece, *draw(st.lists(TEXT, max_size=1)))]
        terms.append(Term("text", tuple(values), negated=bool(terms) and draw(st.booleans())))
    if not any(value.text.strip() for term in terms if not term.negated for value in term.values):
        terms[0] = Term("text", (Value("e"),))
    return Query(tuple(terms))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), rounds=st.lists(PAST, min_size=2, max_size=2))
def test_whatever_was_written_and_is_looked_for_the_index_finds_what_the_files_say(
    data: st.DataObject, rounds: list[list[tuple[int, str, str, int]]]
) -> None:
    with TemporaryDirectory() as folder:
        root, texts = Path(folder), ["e"]
        (root / ".itsm").mkdir()
        for past in rounds:  # the second time the index knows some of them by what they were
            for number, title, note, place in past:
                for old in root.glob(f"tickets/**/T-{number}.yaml"):
                    old.unlink()
                put(root, number, f"e {title}", note, place)
                texts += filter(None, (title, note))
            query = data.draw(words_of(texts))
            assert asked(root, query) == scanned(root, query)
            assert index(root).is_file(), "or the scan was compared with itself"


LINES = [
    "printer",
    "PRINT",
    "卡纸",
    "纸",
    "2",
    "王芳",
    "printer tray",
    "printer !tray",
    "text:mail,搓纸",
    "'s",
    '"',
    "AND",
    "print*",
    "no such",
    "e",
]


@pytest.mark.parametrize("line", LINES)
def test_words_of_any_length_language_and_meaning_to_a_database_are_only_words(root: Path, line: str) -> None:
    query = parse(line.split(" "))
    assert asked(root, query) == scanned(root, query)


SOLVED = (
    ("Printer jams", "Cleaned the rollers", 0), ("The printer jams again", "Changed the rollers", 1), ("打印机卡纸", "换了搓纸轮", 2),
    ("Mail server is slow", "Restarted it", 2), ("Printer prints blank pages", "Removed the seal", 1),
)  # fmt: skip


@pytest.mark.parametrize("title", ["A printer jams", "打印机又卡纸了", "Mail is very slow", "Coffee"])
def test_solved_tickets_are_as_alike_by_the_index_as_by_the_files(root: Path, title: str) -> None:
    """How alike they are, too: each word's rarity is counted in all of them."""
    for number, (name, how, place) in enumerate(SOLVED, 20):
        put(root, number, name, place=place, how=how)
    put(root, 50, title)
    likes, problems = alike(Desk(root), "T-50")
    assert (bool(likes), len(problems)) == (title != "Coffee", 1)
    index(root).unlink()
    index(root).mkdir()
    assert alike(Desk(root), "T-50") == (likes, problems)
    index(root).rmdir()
    put(root, 20, "Nothing of the kind", how="Forgot it")
    assert "T-20" not in [like.solved.id for like in alike(Desk(root), "T-50")[0]]


# --- fresh


def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tickets whose files are read, from now on."""
    from itsm.store import atomic

    read, names = atomic.read, list[str]()

    def noted(path: Path | str) -> bytes:
        name = Path(path).name
        if name.startswith("T-"):
            names.append(name.removesuffix(".yaml"))
        return read(path)

    monkeypatch.setattr(atomic, "read", noted)
    return names


def test_only_the_files_are_read_that_may_have_the_words_and_those_with_faults(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = opened(monkeypatch)
    assert found(root, "卡纸") == "3"
    assert names == ["T-5", "T-3"]


def changed_in_place(root: Path) -> None:
    """As some editors do, and no folder shows it."""
    path = root / PLACES[2] / "T-4.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("paper", "papyrus"), encoding="utf-8")


def archived(root: Path) -> None:
    (root / "tickets/T-1.yaml").rename(root / PLACES[1] / "T-1.yaml")


CHANGES: list[tuple[Callable[[Path], object], str, str]] = [
    (lambda root: put(root, 1, "Scanner whistles"), "printer", "4"), (lambda root: put(root, 9, "A new printer"), "printer", "941"),
    (lambda root: (root / "tickets/T-1.yaml").unlink(), "printer", "4"), (changed_in_place, "papyrus", "4"), (archived, "jams", "1"),
    (lambda root: shutil.rmtree(root / PLACES[2]), "printer", "1"), (lambda root: put(root, 5, "Printer mended"), "printer", "541"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "word", "numbers"), CHANGES)
def test_what_has_changed_since_is_found_as_it_is_now(root: Path, change: Callable[[Path], object], word: str, numbers: str) -> None:
    change(root)
    assert found(root, word) == numbers


# --- disposable


def overwritten(path: Path) -> None:
    data, dice = bytearray(path.read_bytes()), random.Random(7)
    for page in range(4096, len(data), 4096):
        data[page + 100 : page + 4000] = dice.randbytes(3900)
    path.write_bytes(data)


def one_word_changed(path: Path) -> None:
    data = path.read_bytes()
    assert b"printer" in data
    path.write_bytes(data.replace(b"printer", b"scanner"))


def without_its_threes(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE threes")


DAMAGES: list[Callable[[Path], object]] = [
    overwritten, one_word_changed, without_its_threes, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"not a database"),
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_index_that_is_damaged_is_made_anew_without_a_word(root: Path, damage: Callable[[Path], object]) -> None:
    damage(index(root))
    assert found(root, "printer") == "41"
    with sqlite3.connect(index(root)) as db:
        assert db.execute("SELECT count(*) FROM entries").fetchone() == (5,)


@pytest.fixture
def writer(root: Path) -> Iterator[None]:
    """Another process that writes to the index."""
    db = sqlite3.connect(index(root), isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    yield
    db.close()


@pytest.mark.usefixtures("writer")
def test_an_index_that_another_process_writes_to_is_done_without_where_it_would_have_to_learn(root: Path) -> None:
    put(root, 9, "A new printer")
    assert found(root, "printer") == "941"


def test_the_texts_of_every_file_are_believed_only_as_the_strict_reader_takes_them(root: Path) -> None:
    """A person may write letters as numbers: the text is what YAML says, not the bytes."""
    path = root / "tickets/T-1.yaml"
    path.write_bytes(path.read_bytes().replace(b"title: Printer jams", rb'title: "\u0050lotter jams"  # by hand'))
    assert isinstance(Desk(root).tickets.look("T-1"), Document)
    assert found(root, "plotter") == "1"

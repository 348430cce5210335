"""Many processes at once: none loses what another wrote, and a reader never sees half a file."""

from __future__ import annotations

import subprocess
import sys
import threading

from itsm.model.ticket import Ticket
from itsm.store.tickets import Tickets
from tests.store.cases import OPENED

CREATE = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from itsm.model.ticket import Ticket
from itsm.store.tickets import Tickets
print(Tickets(Path(sys.argv[1])).create(lambda one: Ticket(id=one, title=sys.argv[2], opened=datetime(2026, 11, 22, tzinfo=UTC))).id)
"""

NOTE = """
import sys
from dataclasses import replace
from datetime import datetime, UTC
from pathlib import Path
from itsm import clock
from itsm.model.event import Event
from itsm.store.tickets import Tickets
desk = Tickets(Path(sys.argv[1]))
for n in range(10):
    one = Event(clock.new_event_id(), datetime(2026, 11, 22, tzinfo=UTC), "p" + sys.argv[2], "noted", {"text": f"note {n}"})
    desk.change("T-1", lambda ticket: replace(ticket, history=(*ticket.history, one)), "note")
"""


def all_at_once(script, root, count):
    """What each of `count` processes printed."""
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(root), str(n)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for n in range(count)
    ]
    results = [process.communicate() for process in processes]
    assert not [error for _, error in results if error]
    return [output.strip() for output, _ in results]


def test_twenty_processes_that_open_a_ticket_get_twenty_numbers(tmp_path):
    printed = all_at_once(CREATE, tmp_path, 20)
    desk = Tickets(tmp_path)
    expected = [f"T-{n}" for n in range(1, 21)]
    assert sorted(printed, key=lambda one: int(one[2:])) == expected == desk.ids()
    assert {desk.read(one).ticket.title for one in expected} == {str(n) for n in range(20)}


def test_fifty_processes_keep_all_of_their_five_hundred_notes(tmp_path):
    desk = Tickets(tmp_path)
    desk.create(lambda one: Ticket(id=one, title="Slow FTP", opened=OPENED))
    done = threading.Event()
    seen = []

    def watch():
        while not done.wait(0.01):
            seen.append(len(desk.read("T-1").ticket.history))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        all_at_once(NOTE, tmp_path, 50)
    finally:
        done.set()
        watcher.join()
    history = desk.read("T-1").ticket.history
    assert len(history) == len({one.id for one in history}) == 500
    assert {(one.by, one.data["text"]) for one in history} == {(f"p{p}", f"note {n}") for p in range(50) for n in range(10)}
    assert seen == sorted(seen)
    assert [path.name for path in desk.folder.iterdir()] == ["T-1.yaml"]

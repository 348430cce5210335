"""Who is on call: a rota of people who hand over at recurring instants, and those who stand in for them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from itsm.sla.policy import OnCall, Shift
from itsm.sla.spec import Spec

WEEKLY = "FREQ=WEEKLY"


def on_call(rota: OnCall, at: datetime) -> str:
    """Who is on call at an instant (UTC); "" before the rota begins."""
    stand_in = next((shift.who for shift in rota.overrides if shift.start <= at < shift.end), "")
    if stand_in or at < rota.start or not rota.rota:
        return stand_in
    from dateutil.rrule import rrulestr

    zone = ZoneInfo(rota.zone)
    start, local = (moment.astimezone(zone).replace(tzinfo=None) for moment in (rota.start, at))
    turns = sum(1 for _ in rrulestr(rota.rrule, dtstart=start).between(start, local, inc=True))
    return rota.rota[(max(turns, 1) - 1) % len(rota.rota)]


def read_on_call(spec: Spec, zone: str) -> OnCall | None:
    """`on_call:` of a team: `{rota: [li.lei, han], start: '2026-11-02 09:00', rrule: FREQ=WEEKLY, overrides: [{from, to, who}]}`."""
    if spec.get("on_call") is None:
        return None
    section = spec.sub("on_call")
    start = _local(section, "start", zone)
    overrides = tuple(_shift(one, zone) for one in section.listed("overrides"))
    rota = OnCall(section.texts("rota"), start or datetime.min.replace(tzinfo=UTC), section.recurrence("rrule") or WEEKLY, zone, overrides)
    if not rota.rota:
        section.wrong(None, "nobody is on the rota", "rota: [li.lei, han]")
    section.done()
    return rota if start else None


def _shift(spec: Spec, zone: str) -> Shift:
    start, end = _local(spec, "from", zone), _local(spec, "to", zone)
    if start and end and end <= start:
        spec.wrong("to", "it ends before it begins")
    who = spec.text("who")
    if not who:
        spec.wrong(None, "who stands in?", "who: li.lei")
    spec.done()
    nothing = datetime.min.replace(tzinfo=UTC)
    return Shift(start or nothing, end or nothing, who)


def _local(spec: Spec, key: str, zone: str) -> datetime | None:
    """A wall-clock time of the desk as an instant."""
    text = spec.text(key)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        spec.wrong(key if key in spec.data else None, f"{key} wants a time on the desk's clock", f"{key}: '2026-11-02 09:00'")
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)

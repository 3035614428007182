"""Whether every promise was kept, and a report of what happened."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.disturbances import Frozen
from tests.chaos.journal import FAILED, Call, Journal
from tests.chaos.page import Page

LONGEST_CALL = 15.0
LONGEST_CALL_WHILE_FROZEN = 5.0
FALL_BACK_WITHIN = 15.0
BACK_WITHIN = 45.0
SHOWN_BY_A_BROWSER = 400  # it forgets older ones, and fetches them when the reader scrolls up
NEVER = 1e6
GOES_ON = ("POST messages", "POST presence")

Shown = list[tuple[int, str, bool]]


def truth(webinar_id: uuid.UUID) -> Shown:
    """What the database holds, in its order."""
    from webinars.models import Message

    rows = Message.objects.filter(webinar_id=webinar_id).order_by("seq").values_list("seq", "id", "deleted_at")
    return [(seq, str(id), deleted_at is not None) for seq, id, deleted_at in rows]


def difference(shown: Shown, stored: Shown) -> str:
    """Empty when they are the same."""
    if shown == stored:
        return ""
    missing = [row[0] for row in stored if row not in shown]
    extra = [row[0] for row in shown if row not in stored]
    doubled = len(shown) - len({row[1] for row in shown})
    if not missing and not extra and not doubled:
        return "the order is another"
    return f"differs at {missing[:10]} (stored) and {extra[:10]} (shown), {doubled} doubled, {len(shown)} in all"


def browser_difference(shown: Shown, stored: Shown) -> str:
    if len(shown) < min(len(stored), SHOWN_BY_A_BROWSER):
        return difference(shown, stored)
    return difference(shown, stored[-len(shown) :])


def lost_posts(journal: Journal, webinar_id: uuid.UUID) -> list[str]:
    """Acknowledged, and not stored exactly once under the number that was told."""
    from webinars.models import Message, Question

    found = []
    for what, acknowledged, rows in (
        ("message", journal.acknowledged, Message.objects.filter(webinar_id=webinar_id)),
        ("question", journal.asked, Question.objects.filter(webinar_id=webinar_id)),
    ):
        stored: dict[str, list[int]] = {}
        for client_id, seq in rows.values_list("client_message_id", "seq"):
            stored.setdefault(client_id, []).append(seq)
        found += [
            f"{what} {seq} ({client_id}) was acknowledged and is stored as {stored.get(client_id)}"
            for client_id, seq in acknowledged.items()
            if stored.get(client_id) != [seq]
        ]
        numbers = sorted(seq for seqs in stored.values() for seq in seqs)
        if numbers != list(range(1, len(numbers) + 1)):
            found.append(f"the numbers of {what}s have gaps")
    return found


def slow_calls(journal: Journal, frozen: Sequence[Frozen]) -> list[str]:
    def limit(call: Call) -> float:
        during = any(part.begin <= call.began < part.end for part in frozen)
        return LONGEST_CALL_WHILE_FROZEN if during else LONGEST_CALL

    return [
        f"{call.what} at {call.began:.1f} s took {call.seconds:.1f} s ({call.status} {call.code})"
        for call in journal.calls
        if call.seconds > limit(call)
    ]


def server_errors(journal: Journal, logs: Path) -> list[str]:
    """No 500 was answered and nothing was raised that nobody expected."""
    found = [
        f"{call.what} at {call.began:.1f} s was answered with {call.status}"
        for call in journal.calls
        if call.status == 500
    ]
    for log in sorted([*logs.glob("web*.log"), *logs.glob("sockets*.log"), *logs.glob("balancer*.log")]):
        for line in log.read_text(errors="replace").splitlines():
            if is_error(line):
                found.append(f"{log.name}: {line[:600]}")
    return found


def is_error(line: str) -> bool:
    """That the database was away (503) is said as an error too, and is the answer that was promised."""
    if line.startswith("Traceback"):
        return True
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    if not isinstance(entry, dict) or entry.get("level") not in ("error", "critical"):
        return False
    promised = entry.get("code") == 503 or str(entry.get("event", "")).startswith("Service Unavailable")
    return not promised or "exception" in entry


def while_frozen(journal: Journal, frozen: Sequence[Frozen], pages: Sequence[Page]) -> tuple[list[str], list[str]]:
    """(what was not kept, lines for the report) about pages and people while a Redis server was silent."""
    problems, lines = [], []
    for part in frozen:
        calls = journal.calls_between(part.begin, part.end)
        for what in GOES_ON:
            done = [call for call in calls if call.what == what and call.status in (200, 201, 204)]
            failed = [call for call in calls if call.what == what and (call.status == FAILED or call.status >= 500)]
            if failed or not done:
                problems.append(f"{part.part} frozen: {what}: {len(done)} done, {len(failed)} failed")
        slowest_call = max((call.seconds for call in calls), default=0.0)
        line = f"{part.part} frozen at {part.begin:.0f} s: slowest call {slowest_call:.1f} s"
        if part.holds_room and part.live:
            noticed, waited, back = (max(times) for times in zip(*pages_waited(journal, part, pages), strict=True))
            line += (
                f"; {len(part.live)} pages lost their socket after {noticed:.1f} s at most, were served another way "
                f"after {waited:.1f} s and live {back:.1f} s after its end"
            )
            if waited > FALL_BACK_WITHIN or back > BACK_WITHIN:
                problems.append(f"pages were not served within {FALL_BACK_WITHIN:.0f} s: {line}")
        lines.append(line)
    return problems, lines


def pages_waited(journal: Journal, part: Frozen, pages: Sequence[Page]) -> list[tuple[float, float, float]]:
    """Of each page that was live: seconds from the beginning until it noticed and until it was served another way (or
    live again), and from the end until it was live again."""
    found = []
    for page in pages:
        if page.name in part.live:
            lost = moment(journal, page.name, part.begin, "lost")
            served = lost and moment(journal, page.name, lost, "polling", "live")
            live = lost and moment(journal, page.name, lost, "live")
            found.append(((lost or NEVER) - part.begin, (served or NEVER) - part.begin, (live or NEVER) - part.end))
    return found


def moment(journal: Journal, who: str, after: float, *what: str) -> float | None:
    for event in journal.events:
        if event.who == who and event.at >= after and event.what.split()[0] in what:
            return event.at
    return None

"""Reconciliation in plain words: what adds up, and what somebody should look at (spec 7)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.figure_words import amount, hour
from webinars.models import Webinar

# Samples are taken every minute and the ledger knows every second: peaks a few people apart are normal.
PEAKS_APART = 3
PEAKS_APART_SHARE = 0.2
# Of a hundred minutes, how many may be without a sample before it is worth a look.
MISSED_SHARE = 0.02


class Line(NamedTuple):
    """`ok` is None where there is nothing to be right or wrong."""

    name: str
    ok: bool | None
    text: str
    definition: str


def lines_of(answer: Mapping[str, Any], webinar: Webinar) -> list[Line]:
    """Of the answer of `stats.selectors.reconciliation`."""
    figures, definitions = answer["figures"], answer["definitions"]
    if not figures:
        return []
    minutes = (answer["window"]["until"] - answer["window"]["start"]).total_seconds() / 60
    found = [
        registered(figures),
        peaks(figures, webinar),
        sampled(figures, minutes),
        strangers(figures),
        outside(figures),
        without_session(figures),
        duplicates(figures),
        guests(figures),
        *since_sealed(answer),
    ]
    about = {"peaks": "peakBySnapshots", "duplicates": "duplicateMailboxes", "strangers": "attendedNotRegistered"}
    return [line._replace(definition=definitions.get(about.get(line.name, line.name), "")) for line in found]


def line(name: str, ok: bool | None, text: str) -> Line:
    return Line(name, ok, text, "")


def registered(figures: Mapping[str, Any]) -> Line:
    values = {name: figures[name] for name in ("registered", "attended", "absent")}
    if values["registered"] == values["attended"] + values["absent"]:
        return line(
            "registered", True, _("%(registered)s registered = %(attended)s attended + %(absent)s absent") % values
        )
    text = _("%(registered)s registered, but %(attended)s attended and %(absent)s absent do not add up to it")
    return line("registered", False, text % values)


def peaks(figures: Mapping[str, Any], webinar: Webinar) -> Line:
    by_samples, by_ledger = figures["peakBySnapshots"], figures["peakByLedger"]
    if by_samples is None:
        text = _("Peak: no sample; %(ledger)s by the ledger at %(at)s")
        values = {"ledger": amount(by_ledger, webinar), "at": hour(figures["peakByLedgerAt"], webinar)}
        return line("peaks", None, text % values)
    values = {
        "samples": amount(by_samples, webinar),
        "samples_at": hour(figures["peakBySnapshotsAt"], webinar),
        "ledger": amount(by_ledger, webinar),
        "ledger_at": hour(figures["peakByLedgerAt"], webinar),
    }
    near = abs(by_samples - by_ledger) <= max(PEAKS_APART, PEAKS_APART_SHARE * by_ledger)
    text = (
        _("Peak: %(samples)s by the samples at %(samples_at)s, %(ledger)s by the ledger at %(ledger_at)s")
        if near
        else _(
            "Peaks far apart: %(samples)s by the samples at %(samples_at)s, %(ledger)s by the ledger at %(ledger_at)s"
        )
    )
    return line("peaks", near, text % values)


def sampled(figures: Mapping[str, Any], minutes: float) -> Line:
    due, taken = int(minutes), figures["samples"]
    missed = max(0, due - taken)
    text = _("%(taken)s of %(due)s minutes have a sample") % {"taken": min(taken, due), "due": due}
    return line("samples", missed <= max(1, MISSED_SHARE * due), text)


def strangers(figures: Mapping[str, Any]) -> Line:
    count = figures["attendedNotRegistered"]
    if not count:
        return line("strangers", True, _("Everybody who attended is registered"))
    text = ngettext(
        "%(n)s person attended without being registered", "%(n)s people attended without being registered", count
    )
    return line("strangers", False, text % {"n": count})


def outside(figures: Mapping[str, Any]) -> Line:
    count = figures["outsideWindow"]
    text = ngettext(
        "%(n)s person came before or after the webinar only, and did not attend",
        "%(n)s people came before or after the webinar only, and did not attend",
        count,
    )
    return line("outsideWindow", None, text % {"n": count})


def without_session(figures: Mapping[str, Any]) -> Line:
    count = figures["withoutSession"]
    if not count:
        return line("withoutSession", True, _("Everybody who was seen has a session"))
    text = ngettext("%(n)s person was seen and has no session", "%(n)s people were seen and have no session", count)
    return line("withoutSession", False, text % {"n": count})


def duplicates(figures: Mapping[str, Any]) -> Line:
    boxes, people = figures["duplicateMailboxes"], figures["duplicatePeople"]
    if not boxes:
        return line("duplicates", True, _("No two people share a mailbox"))
    text = ngettext(
        "%(people)s people share %(n)s mailbox and may be the same person",
        "%(people)s people share %(n)s mailboxes and may be the same persons",
        boxes,
    )
    return line("duplicates", False, text % {"n": boxes, "people": people})


def guests(figures: Mapping[str, Any]) -> Line:
    count = figures["guests"]
    text = ngettext("%(n)s page of guests, counted apart", "%(n)s pages of guests, counted apart", count)
    return line("guests", None, text % {"n": count})


def since_sealed(answer: Mapping[str, Any]) -> list[Line]:
    if answer["sealed"] is None:
        return []
    if answer["sessionsPruned"]:
        return [line("now", None, _("The sessions are no longer kept; the sealed figures stand alone"))]
    if not answer["now"]:
        return [line("now", True, _("Counted again, everything comes out as it was sealed"))]
    return [line("now", False, _("Counted again, some figures come out otherwise than they were sealed"))]

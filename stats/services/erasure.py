"""What sealed and exported attendance says of a person (spec 5, Retention; spec 7, Sealing)."""

from django.db.models import Exists, OuterRef, Q

from presence.models import UserSession
from stats.models import Export, SealedAttendance
from webinars.models import Message, Question, Registration
from webinars.services.erasure import Erased


def erase_sealed_identity(erased: Erased) -> int:
    """Who a sealed row was. The row stays, with its figures and its place in the hash; the database allows this much
    and no more. Nobody seals meanwhile: `wait_until_nobody_seals` came before all parts."""
    return SealedAttendance.objects.filter(user_id=erased.user.pk).update(
        user_id=None, display_name="", email="", identity_salt=""
    )


def expire_exports(erased: Erased) -> int:
    """Files that may name the person, and those that they asked for, can be fetched no longer; the next pruning
    deletes them. Whoever needs one asks for it again.

    For each file that is kept, and these are few, the person's traces in its webinar are looked up, each by its index
    (session_of_person, registration_unique, sealed_of_person, message_once, question_once, and that of who answered).
    Joined, they would be multiplied with each other, over
    everybody in the webinar.
    """
    user = erased.user
    traces = (
        UserSession.objects.filter(webinar=OuterRef("webinar"), user=user),
        Registration.objects.filter(webinar=OuterRef("webinar"), user=user),
        SealedAttendance.objects.filter(seal__webinar=OuterRef("webinar"), user=user),
        Message.objects.filter(webinar=OuterRef("webinar"), user=user),
        Question.objects.filter(webinar=OuterRef("webinar"), user=user),
        Question.objects.filter(webinar=OuterRef("webinar"), answered_by=user),
    )
    named = Q()
    for trace in traces:
        named |= Q(Exists(trace))
    naming = Q(requested_by=user) | Q(personal=True) & named
    return Export.objects.filter(naming, expires_at__gt=erased.now).update(expires_at=erased.now)

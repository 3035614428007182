"""Taking people's places away (spec 3, 13): a registration that ends, and rights that change while pages are open."""

import uuid
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from psycopg.errors import RestrictViolation

from eventflow.api.errors import ApiError
from webinars.models import AgencyMember, ClientMember, Registration, User, Webinar, WebinarQuerySet
from webinars.realtime.publish import shut_out_all, turn_out
from webinars.services import audit
from webinars.services.allowed_emails import ListIsBusy, remove_addresses
from webinars.services.hosting import Lead, host_of, lock_person
from webinars.services.live_pass import LivePass
from webinars.services.moderation import Yourself


class AttendanceSealed(ApiError):
    def __init__(self) -> None:
        super().__init__(409, "wrong_state", _("The attendance of this webinar is sealed, so its registrations stay."))


class StillBanned(ApiError):
    def __init__(self) -> None:
        super().__init__(409, "wrong_state", _("This person is banned. Lift the ban before you remove them."))


class ListBusy(ApiError):
    def __init__(self) -> None:
        super().__init__(409, "wrong_state", ListIsBusy.message)


def remove_registration(*, live_pass: LivePass, user_id: uuid.UUID, now: datetime) -> bool:
    """End a person's registration; answers whether there was one. Where there is a list, their addresses leave it.
    What they wrote and when they were here stays. Their pages leave within seconds; they are back when they register
    again, as far as the policy lets them.

    Raises 403 for who may not, 404 when the webinar is gone, 409 when its attendance is sealed, and for who is banned:
    the ban is kept with the registration.
    """
    host = host_of(live_pass, Lead.MODERATE, now=now)
    if user_id == host.user_id:
        raise Yourself
    try:
        with transaction.atomic():
            lock_person(host.user_id)
            return _remove(host.webinar, user_id, actor_id=host.user_id, now=now)
    except IntegrityError as error:
        if isinstance(error.__cause__, RestrictViolation):
            raise AttendanceSealed from error
        raise
    except ListIsBusy as error:
        raise ListBusy from error


def _remove(webinar: Webinar, user_id: uuid.UUID, *, actor_id: uuid.UUID, now: datetime) -> bool:
    rows = Registration.objects.select_for_update().filter(webinar=webinar, user_id=user_id)
    registration = rows.first()
    if registration is None:
        return False
    if registration.banned_at is not None:
        raise StillBanned
    Webinar.objects.select_for_update(no_key=True).get(pk=webinar.pk)  # whoever seals its attendance holds this row
    Registration.objects.filter(pk=registration.pk).delete()
    if webinar.access_policy == Webinar.AccessPolicy.EMAIL_AUTH:
        remove_addresses(webinar=webinar, emails=addresses_of(user_id), actor_id=actor_id, now=now)
    audit.record(
        "member.removed",
        webinar=webinar,
        actor_id=actor_id,
        now=now,
        subject_type="person",
        subject_id=user_id,
        details={"role": registration.role},
    )
    leaves_the_room(webinar, user_id)
    return True


def leaves_the_room(webinar: Webinar, user_id: uuid.UUID) -> None:
    """Where anybody may register by themselves, nothing is gained by keeping the door shut for a while."""
    if webinar.access_policy in (Webinar.AccessPolicy.OPEN, Webinar.AccessPolicy.AUTH):
        turn_out([webinar.pk], user_id)
    else:
        shut_out_all(webinar.pk, [user_id])


def addresses_of(user_id: uuid.UUID) -> set[str]:
    own = User.objects.filter(pk=user_id).values_list("email", flat=True)
    return {*own, *EmailAddress.objects.filter(user_id=user_id).values_list("email", flat=True)}


def membership_changed(membership: AgencyMember | ClientMember, *, now: datetime) -> None:
    """Somebody holds another role, or none: their open pages of that tenant's webinars leave within seconds."""
    if isinstance(membership, AgencyMember):
        tenant = Q(agency_id=membership.agency_id)
    else:
        tenant = Q(client_id=membership.client_id)
    turn_out(_not_over(now).filter(tenant).values_list("pk", flat=True), membership.user_id)


def account_switched_off(user: User, *, now: datetime) -> None:
    """Wherever the person may have a page open."""
    webinars = _not_over(now)
    if not user.is_superuser:
        places = Q(registrations__user=user) | Q(agency__members__user=user) | Q(client__members__user=user)
        webinars = webinars.filter(places).distinct()
    turn_out(webinars.values_list("pk", flat=True), user.pk)


def _not_over(now: datetime) -> WebinarQuerySet:
    return Webinar.objects.collected_after(now)

"""What the audit log is narrowed by: webinar, group of acts, who, when, and the row that something was done to.

Ids are looked for in the entries that the person may read: what none of them names does not exist (404).
"""

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from webinars.admin.audit_acts import GROUPS
from webinars.admin.one_webinar import OFFERED
from webinars.models import AgencyMember, AuditEntry, ClientMember, User, Webinar
from webinars.selectors.audit import entries_of, names_of, uuid_of
from webinars.selectors.standing import Standing, standing_of

NOBODY = "system"
DAYS = {"1": gettext_lazy("The last 24 hours"), "7": gettext_lazy("The last 7 days")}
MONTHS = 12
MONTH = re.compile(r"\A(20\d\d)-(0[1-9]|1[0-2])\Z")
SUBJECT = re.compile(r"\A([a-z]{1,20}):([0-9A-Za-z_-]{1,64})\Z")


class WebinarFilter(SimpleListFilter):
    """One webinar's entries; also of one that was deleted, which its entries outlive."""

    title = gettext_lazy("webinar")
    parameter_name = "webinar"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = list(standing_of(request).webinars(model_admin.see)[:OFFERED])
        offered = [(str(webinar.pk), webinar.title) for webinar in found]
        wanted, chosen = wanted_webinar(request)
        if chosen is not None and chosen not in found:
            offered.insert(0, (str(chosen.pk), chosen.title))
        elif wanted is not None and chosen is None:
            offered.insert(0, (str(wanted), _("Deleted webinar")))
        return offered

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted, _chosen = wanted_webinar(request)
        return queryset.filter(webinar_id=wanted) if wanted is not None else queryset


def wanted_webinar(request: HttpRequest) -> tuple[uuid.UUID | None, Webinar | None]:
    """The webinar that `?webinar=` names, and its row while there is one. 404 when it is somebody else's."""
    wanted = request.GET.get("webinar")
    if not wanted:
        return None, None
    known: tuple[str, uuid.UUID, Webinar | None] | None = getattr(request, "_audited_webinar", None)
    if known is not None and known[0] == wanted:
        return known[1], known[2]
    key = uuid_of(wanted)
    if key is None:
        raise Http404
    standing = standing_of(request)
    webinar = standing.webinars("run").select_related("client").filter(pk=key).first()
    if webinar is None and not entries_of(AuditEntry.objects.filter(webinar_id=key), standing).exists():
        raise Http404
    request._audited_webinar = (wanted, key, webinar)  # type: ignore[attr-defined]
    return key, webinar


class ActFilter(SimpleListFilter):
    """By groups; the address takes a single act as well."""

    title = gettext_lazy("act")
    parameter_name = "act"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, group.title) for name, group in GROUPS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if not wanted:
            return queryset
        return queryset.filter(action__in=list(GROUPS[wanted].acts) if wanted in GROUPS else [wanted])


class ActorFilter(SimpleListFilter):
    title = gettext_lazy("by")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        standing = standing_of(request)
        people = members_around(standing).order_by("display_name", "email")[:OFFERED]
        offered = [(str(person.pk), person.display_name or person.email) for person in people]
        wanted = request.GET.get("by") or NOBODY
        if wanted != NOBODY and wanted not in dict(offered):
            offered.insert(0, (wanted, name_in_log(wanted, standing)))
        return [*offered, (NOBODY, _("System"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if not wanted:
            return queryset
        return queryset.filter(actor_id=None if wanted == NOBODY else uuid_of(wanted))


def members_around(standing: Standing) -> QuerySet[User]:
    """The organizing people whose acts the person may read; to a super admin, the super admins."""
    if standing.is_superuser:
        return User.objects.filter(is_superuser=True)
    agencies, clients = standing.tenant_ids("run")
    of_agencies = AgencyMember.objects.filter(agency__in=agencies).values("user")
    of_clients = ClientMember.objects.filter(Q(client__in=clients) | Q(client__agency__in=agencies)).values("user")
    return User.objects.filter(Q(pk__in=of_agencies) | Q(pk__in=of_clients))


def name_in_log(wanted: str, standing: Standing) -> str:
    """Of somebody who did something that the person may read of, and of nobody else."""
    key = uuid_of(wanted)
    found = entries_of(AuditEntry.objects.filter(actor_id=key), standing).first() if key is not None else None
    if found is None:
        raise Http404
    return names_of([found]).person(key)


class PeriodFilter(SimpleListFilter):
    """The last days, or a month of the calendar; the address takes any month."""

    title = gettext_lazy("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        first = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        months = [first]
        while len(months) < MONTHS:
            months.append((months[-1] - timedelta(days=1)).replace(day=1))
        wanted = request.GET.get("when", "")
        if MONTH.match(wanted) and wanted not in {f"{month:%Y-%m}" for month in months}:
            months.append(month_of(wanted)[0])
        return [*DAYS.items(), *((f"{month:%Y-%m}", date_format(month, "YEAR_MONTH_FORMAT")) for month in months)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if not wanted:
            return queryset
        if wanted in DAYS:
            return queryset.filter(at__gte=timezone.now() - timedelta(days=int(wanted)))
        begin, end = month_of(wanted)
        return queryset.filter(at__gte=begin, at__lt=end)


def month_of(wanted: str) -> tuple[datetime, datetime]:
    """Where a month begins and where the next one does, in the zone in force."""
    found = MONTH.match(wanted)
    if found is None:
        raise Http404
    year, month = int(found[1]), int(found[2])
    zone = timezone.get_current_timezone()
    begin = datetime(year, month, 1, tzinfo=zone)
    return begin, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)


class SubjectFilter(SimpleListFilter):
    """What was done to one row, as its history: offered only where an address asks for it."""

    title = gettext_lazy("on what")
    parameter_name = "subject"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        wanted = request.GET.get("subject", "")
        if not wanted:
            return []
        found = SUBJECT.match(wanted)
        if found is None:
            raise Http404
        return [(wanted, _("One %(kind)s") % {"kind": found[1]})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = SUBJECT.match(self.value() or "")
        return queryset.filter(subject_type=found[1], subject_id=found[2]) if found else queryset

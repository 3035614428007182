"""Who sees which entry of the console's menu."""

from django.http import HttpRequest

from webinars.selectors.standing import standing_of


def sees_people(request: HttpRequest) -> bool:
    return standing_of(request).may_anywhere("see_personal")


def runs_webinars(request: HttpRequest) -> bool:
    return standing_of(request).may_anywhere("run")


def sees_agencies(request: HttpRequest) -> bool:
    return standing_of(request).may_in_any_agency("see_statistics")


def manages_agencies(request: HttpRequest) -> bool:
    return standing_of(request).may_in_any_agency("manage_members")


def manages_members(request: HttpRequest) -> bool:
    return standing_of(request).may_anywhere("manage_members")


def is_super_admin(request: HttpRequest) -> bool:
    return standing_of(request).is_superuser

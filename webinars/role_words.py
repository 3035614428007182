"""What a role allows (spec 1), as people are told before they take or give it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from webinars.models import Role

ALLOWS: dict[str, Any] = {
    Role.OWNER: _("Everything, other owners included"),
    Role.ADMIN: _("Members, invitations and everything below, but not owners"),
    Role.OPERATOR: _("Plan and run webinars, see people and figures"),
    Role.ANALYST: _("See people and figures"),
    Role.VIEWER: _("See figures, without names"),
}

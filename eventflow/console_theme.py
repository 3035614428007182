"""How the console looks: Unfold in the product's colours and type (webinars/static/webinars/css/tokens.css)."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

STANDING = "webinars.admin.navigation"


def entry(title: Any, icon: str, name: str, permission: str | None = None) -> dict[str, Any]:
    item = {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}")}
    return {**item, "permission": f"{STANDING}.{permission}"} if permission else item


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "EventFlow",
    "SITE_HEADER": "EventFlow",
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("webinars/icon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("webinars/icon.svg")},
    ],
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": True,
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda request: static("build/console.css")],
    "ACCOUNT": {
        "navigation": [
            {"title": _("Change password"), "link": reverse_lazy("account_change_password")},
            {"title": _("Your memberships"), "link": reverse_lazy("webinars:memberships")},
            {"title": _("Two-step sign-in"), "link": reverse_lazy("mfa_index")},
        ]
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    entry(_("Home"), "home", "index"),
                    entry(_("Webinars"), "podcasts", "webinars_webinar_changelist"),
                ]
            },
            {
                "title": _("In the room"),
                "separator": True,
                "items": [
                    entry(_("Registrations"), "how_to_reg", "webinars_registration_changelist", "sees_people"),
                    entry(_("Sessions"), "history", "presence_usersession_changelist", "sees_people"),
                    entry(_("Chat"), "forum", "webinars_message_changelist", "sees_people"),
                    entry(_("Q&A"), "contact_support", "webinars_question_changelist", "sees_people"),
                    entry(_("Samples"), "monitoring", "stats_accesslog_changelist"),
                    entry(_("Audit log"), "policy", "webinars_auditentry_changelist", "runs_webinars"),
                ],
            },
            {
                "title": _("Registration"),
                "separator": True,
                "items": [
                    entry(_("Campaigns"), "assignment", "webinars_campaign_changelist"),
                    entry(_("Entries"), "list_alt", "webinars_campaignentry_changelist", "sees_people"),
                    entry(_("Consent texts"), "fact_check", "webinars_consenttext_changelist", "manages_members"),
                ],
            },
            {
                "title": _("Organisation"),
                "separator": True,
                "items": [
                    entry(_("Agencies"), "domain", "webinars_agency_changelist", "sees_agencies"),
                    entry(_("Clients"), "apartment", "webinars_client_changelist"),
                    entry(_("Agency members"), "badge", "webinars_agencymember_changelist", "manages_agencies"),
                    entry(_("Client members"), "group", "webinars_clientmember_changelist", "manages_members"),
                    entry(_("Invitations"), "mail", "webinars_invitation_changelist", "manages_members"),
                ],
            },
            {
                "title": _("System"),
                "separator": True,
                "items": [
                    entry(_("People"), "person", "webinars_user_changelist", "is_super_admin"),
                    entry(
                        _("Email addresses"), "alternate_email", "account_emailaddress_changelist", "is_super_admin"
                    ),
                    entry(_("Jobs"), "schedule", "django_celery_beat_periodictask_changelist", "is_super_admin"),
                ],
            },
        ],
    },
    "COLORS": {
        "base": {
            "50": "#F6F4EF",
            "100": "#F0EEE8",
            "200": "#E4E2DC",
            "300": "#CFCDC6",
            "400": "#9AA3AF",
            "500": "#5E6672",
            "600": "#474E59",
            "700": "#2F3641",
            "800": "#242A33",
            "900": "#101318",
            "950": "#0B0D11",
        },
        "primary": {
            "50": "#EAEFFD",
            "100": "#DCE5FC",
            "200": "#C0CFFA",
            "300": "#9DB4FF",
            "400": "#8BA7FF",
            "500": "#7C9BFF",
            "600": "#2F5BEA",
            "700": "#2448C4",
            "800": "#1E3A9C",
            "900": "#1B2F75",
            "950": "#121D47",
        },
        "font": {
            "subtle-light": "#5E6672",
            "subtle-dark": "#9AA3AF",
            "default-light": "#363D47",
            "default-dark": "#C9CED6",
            "important-light": "#14171C",
            "important-dark": "#ECEDEF",
        },
    },
}

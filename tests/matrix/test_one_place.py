"""Fetching is authorising: whose rows a person gets is said in a few places, and every other one goes through them.

What reaches around them is named here, with the reason; anything new that does fails.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.contrib import admin

from webinars.admin.base import ScopedAdmin, ScopedInline, SuperuserAdmin

ROOT = Path(__file__).resolve().parents[2]

# Files that people's requests come to first.
DOORS = re.compile(r"/admin/|/admin\.py$|/api/|pages\.py$|consumer\.py$|callers\.py$")
# Who reads memberships, and why it does not ask `visible_to`, `may` or `standing_of`.
READS_MEMBERSHIPS = {
    "webinars/models/tenancy.py": "says whose rows are visible",
    "webinars/selectors/permissions.py": "says what a membership allows",
    "webinars/selectors/standing.py": "reads them once for a request of the console",
    "webinars/selectors/access.py": "says who gets in",
    "webinars/sql/__init__.py": "says so in the statement that lets in or posts",
    "webinars/sql/campaigns.py": "leaves members out of who is registered: they enter without",
    "webinars/sql/allowed_emails.py": "leaves members out of who comes and goes with a list",
    "webinars/selectors/own_memberships.py": "shows people their own",
    "webinars/membership_pages.py": "shows people their own",
    "webinars/selectors/unproven.py": "asks whether somebody has any at all, in force or not",
    "webinars/selectors/personal_data.py": "hands people their own",
    "webinars/admin/audit_filters.py": "names those whose acts the person may read",
    "webinars/services/removing.py": "ends what a membership gave when it goes",
    "webinars/standing_signals.py": "ends what a membership gave when it goes",
    "webinars/social_accounts.py": "asks whether somebody has any at all, in force or not",
    "webinars/admin/members.py": "lists and changes them",
    "webinars/services/account_audit.py": "asks in which tenants an act is to be on record",
    "webinars/services/erasure.py": "takes an erased person's away",
    "webinars/services/leaving.py": "takes one's own away",
    "webinars/services/memberships.py": "keeps the last owner",
}
# At the doors, who fetches without asking for whom: the one who asks and their own things, or a row that was found by
# `standing_of`, a pass or an invitation before.
FETCHES = {
    "stats/admin/attendance.py: AttendanceSeal": "of a webinar that is theirs",
    "stats/api/exports.py: User": "the one who asks",
    "webinars/account_pages.py: Authenticator": "their own",
    "webinars/account_pages.py: EmailAddress": "their own",
    "webinars/account_pages.py: SocialAccount": "their own",
    "webinars/account_pages.py: UserSession": "their own",
    "webinars/admin/accounts.py: UserSession": "sign-ins of a person that a super admin changes",
    "webinars/admin/audit_filters.py: AgencyMember": "of the tenants of the person's standing",
    "webinars/admin/audit_filters.py: AuditEntry": "narrowed by `entries_of`",
    "webinars/admin/audit_filters.py: ClientMember": "of the tenants of the person's standing",
    "webinars/admin/audit_filters.py: User": "members of the tenants of the person's standing",
    "webinars/admin/campaign_entries.py: ConsentGiven": "of an entry that was found by `get_object`",
    "webinars/admin/campaigns.py: CampaignEntry": "of a campaign that was found by `get_object`",
    "webinars/admin/campaigns.py: ConsentText": "of a campaign that was found by `get_object`",
    "webinars/admin/consents.py: ConsentVersion": "of a text that was found by `get_object`",
    "webinars/api/campaigns.py: Campaign": "public; drafts ask `may`",
    "webinars/admin/base.py: Client": "those of the person's standing, for the audit log",
    "webinars/admin/jobs.py: PeriodicTask": "belongs to no tenant",
    "webinars/admin/last_owner.py: type(obj)": "a row that was found by `get_object`",
    "webinars/admin/webinar_form.py: Webinar": "locks the row that the form is about",
    "webinars/api/viewer.py: Webinar": "of a verified pass",
    "webinars/callers.py: Webinar": "the public id of an address, before `webinar_and_person` decides",
    "webinars/campaign_pages.py: Campaign": "a public page; drafts ask `may`",
    "webinars/campaign_pages.py: CampaignEntry": "their own",
    "webinars/entrance_pages.py: User": "the one who asks",
}
MEMBERSHIPS = re.compile(r"\b(agency_members|client_members|agency_memberships|client_memberships)\b")


def sources() -> Iterator[tuple[str, str]]:
    for app in ("webinars", "presence", "stats", "eventflow"):
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not re.search(r"/tests/|/migrations/|/demo/", name):
                yield name, path.read_text()


def reads_memberships(text: str) -> bool:
    tree = ast.parse(text)
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    in_sql = any(MEMBERSHIPS.search(value) and "SELECT" in value for value in strings)
    members = named & {"AgencyMember", "ClientMember"}
    return bool(members or attributes & {"agency_memberships", "client_memberships"} or in_sql)


def fetched_at(text: str) -> set[str]:
    """Of which models managers are used, but for `visible_to` and for nothing at all."""
    managers = {"objects", "_default_manager", "_base_manager"}
    attributes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)]
    asked = {id(node.value) for node in attributes if node.attr in ("visible_to", "none")}
    return {ast.unparse(node.value) for node in attributes if node.attr in managers and id(node) not in asked}


def test_every_admin_is_scoped() -> None:
    assert [str(found) for found in admin.site._registry.values() if not isinstance(found, ScopedAdmin)] == []


def test_every_inline_is_scoped() -> None:
    """But for super admins, whose own models belong to no tenant."""
    scoped = [found for found in admin.site._registry.values() if not isinstance(found, SuperuserAdmin)]
    inlines = [inline for found in scoped for inline in found.inlines]

    assert [inline.__name__ for inline in inlines if not issubclass(inline, ScopedInline)] == []


def test_memberships_are_read_in_one_place() -> None:
    assert sorted(name for name, text in sources() if reads_memberships(text) and name not in READS_MEMBERSHIPS) == []


def test_whoever_answers_requests_fetches_through_it() -> None:
    found = {f"{name}: {model}" for name, text in sources() if DOORS.search(name) for model in fetched_at(text)}

    assert sorted(found - FETCHES.keys()) == []


def test_what_is_excused_is_still_there() -> None:
    texts = dict(sources())
    fetched = {f"{name}: {model}" for name, text in texts.items() if DOORS.search(name) for model in fetched_at(text)}

    assert sorted(FETCHES.keys() - fetched) == []
    assert sorted(name for name in READS_MEMBERSHIPS if not reads_memberships(texts.get(name, ""))) == []

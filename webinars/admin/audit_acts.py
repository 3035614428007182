"""The acts of the audit log: a sentence for each, and the groups by which the list is narrowed."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class Act:
    """`title` names it; `sentence` says one entry, with what `audit_words.words_of` knows."""

    title: Any
    sentence: Any


@dataclass(frozen=True)
class Group:
    title: Any
    acts: dict[str, Act]


ROOM = {
    "message.deleted": Act(_("Message deleted"), _("Deleted message %(number)s by %(person)s")),
    "message.restored": Act(_("Message restored"), _("Restored message %(number)s by %(person)s")),
    "member.muted": Act(_("Person muted"), _("Muted %(person)s until %(until)s")),
    "member.unmuted": Act(_("Person unmuted"), _("Unmuted %(person)s")),
    "member.banned": Act(_("Person banned"), _("Banned %(person)s")),
    "member.unbanned": Act(_("Ban lifted"), _("Lifted the ban of %(person)s")),
    "member.role_changed": Act(_("Role changed"), _("Changed the role of %(person)s to %(role)s")),
    "member.removed": Act(_("Registration removed"), _("Removed the registration of %(person)s")),
    "room.changed": Act(_("Room changed"), _("Changed the room: %(settings)s")),
    "notice.set": Act(_("Notice set"), pgettext_lazy("audit log", "Set the notice")),
    "notice.cleared": Act(_("Notice cleared"), _("Cleared the notice")),
    "question.published": Act(_("Question published"), _("Published question %(number)s")),
    "question.archived": Act(_("Question archived"), _("Archived question %(number)s")),
    "question.restored": Act(_("Question restored"), _("Restored question %(number)s")),
    "question.answered": Act(_("Question answered"), _("Answered question %(number)s")),
    "question.answer_withdrawn": Act(_("Answer taken back"), _("Took back the answer to question %(number)s")),
    "question.pinned": Act(_("Question pinned"), _("Pinned question %(number)s")),
    "question.unpinned": Act(_("Question unpinned"), _("Unpinned question %(number)s")),
}
COURSE = {
    "webinar.doors_opened": Act(_("Doors opened"), _("Opened the doors")),
    "webinar.started": Act(_("Webinar started"), _("Started the webinar")),
    "webinar.extended": Act(_("Webinar extended"), _("Extended the webinar until %(planned_end)s")),
    "webinar.ended": Act(_("Webinar ended"), _("Ended the webinar")),
    "attendance.sealed": Act(_("Attendance sealed"), _("Sealed the attendance, version %(version)s")),
    "attendance.corrected": Act(_("Attendance corrected"), _("Corrected the attendance, version %(version)s")),
}
PERSONAL = {
    "personal.viewed": Act(_("Personal data seen"), pgettext_lazy("audit log", "Saw %(what)s")),
    "personal.exported": Act(_("Personal data exported"), _("Exported %(what)s (%(format)s)")),
    "figures.exported": Act(_("Figures exported"), _("Exported figures without names (%(format)s)")),
    "person.exported": Act(_("A person's data exported"), _("Exported the data of %(person)s")),
    "person.erased": Act(_("Person erased"), _("Erased a person")),
    # As exports were called before.
    "chat.exported": Act(_("Chat exported"), _("Exported the chat")),
    "questions.exported": Act(_("Questions exported"), _("Exported the questions")),
}
EDITS = {
    "console.added": Act(_("Added in the console"), _("Added: %(thing)s%(changes)s")),
    "console.changed": Act(_("Changed in the console"), _("Changed: %(thing)s%(changes)s")),
    "console.deleted": Act(_("Deleted in the console"), _("Deleted: %(thing)s%(changes)s")),
    "console.ran": Act(_("Job started by hand"), _("Started by hand: %(thing)s")),
}
ENTRANCE = {
    "allowed_emails.added": Act(_("Addresses allowed"), _("Put %(count)s addresses on the list")),
    "allowed_emails.removed": Act(_("Addresses taken off"), _("Took %(count)s addresses off the list")),
    "campaign.entry_removed": Act(_("Campaign entry removed"), _("Removed the entry of %(person)s")),
    "consent.published": Act(_("Consent text published"), _("Published a new version of a consent text")),
}
MEMBERS = {
    "invitation.sent": Act(_("Invitation sent"), _("Sent an invitation as %(role)s")),
    "invitation.accepted": Act(_("Invitation accepted"), _("Accepted an invitation as %(role)s")),
    "invitation.revoked": Act(_("Invitation taken back"), _("Took back an invitation as %(role)s")),
    "membership.left": Act(_("Membership given up"), _("Left, having been %(role)s")),
}
ACCOUNTS = {
    "sign_in": Act(_("Signed in"), _("Signed in by %(method)s")),
    "sign_in.failed": Act(_("Sign-in failed"), _("Somebody failed to sign in as %(person)s by %(method)s")),
    "sign_in.everywhere_ended": Act(_("Signed out everywhere"), pgettext_lazy("audit log", "Signed out everywhere")),
    "sign_out": Act(_("Signed out"), pgettext_lazy("audit log", "Signed out")),
    "account.changed": Act(_("Account changed"), _("Changed the account: %(account)s")),
}
MACHINE = {"data.pruned": Act(_("Old data deleted"), _("Deleted what is kept no longer"))}

GROUPS: dict[str, Group] = {
    "room": Group(_("In the room"), ROOM),
    "course": Group(_("Course of the webinar"), COURSE),
    "personal": Group(_("Personal data"), PERSONAL),
    "edits": Group(_("Edits in the console"), EDITS),
    "entrance": Group(_("Who gets in"), ENTRANCE),
    "members": Group(_("Members"), MEMBERS),
    "accounts": Group(_("Sign-ins and accounts"), ACCOUNTS),
    "machine": Group(_("Upkeep"), MACHINE),
}
ACTS: dict[str, Act] = {name: act for group in GROUPS.values() for name, act in group.acts.items()}

# What `details.what` of views and exports stands for.
SEEN: dict[str, Any] = {
    "attendance": _("the attendance"),
    "audit_log": _("the audit log"),
    "allowed_emails": _("the allowed addresses"),
    "allowed_email_report": _("the report of an import"),
    "campaign_entries": _("who entered the campaign"),
    "chat": _("the chat"),
    "identities": _("who the sealed rows are"),
    "invitations": _("the invitations"),
    "live": _("the live room"),
    "members": _("the members"),
    "people": _("the people"),
    "questions": _("the questions"),
    "registrations": _("the registrations"),
    "sessions": _("the sessions"),
    "silenced": _("who is muted or banned"),
    "statistics": _("names in the statistics"),
}
METHODS: dict[str, Any] = {
    "password": _("password"),
    "code": _("emailed code"),
    "social": _("linked account"),
    "password_reset": _("password reset"),
    "second_factor": _("second factor"),
    "sign_up": _("signing up"),
}
ACCOUNT_CHANGES: dict[str, Any] = {
    "password": _("password"),
    "email": _("email address"),
    "factor_on": _("second factor switched on"),
    "factor_off": _("second factor switched off"),
    "recovery_codes": _("new recovery codes"),
    "linked": _("another account linked"),
    "unlinked": _("linked account removed"),
}

"""The console's pages over organisations, people, webinars and what is said in them (spec 14)."""

from webinars.admin import (
    accounts,
    allowed_email_reports,
    allowed_emails,
    audit,
    campaign_entries,
    campaigns,
    consents,
    invitations,
    jobs,
    members,
    messages,
    organisations,
    questions,
    registrations,
    webinar,
)

__all__ = [
    "accounts",
    "allowed_email_reports",
    "allowed_emails",
    "audit",
    "campaign_entries",
    "campaigns",
    "consents",
    "invitations",
    "jobs",
    "members",
    "messages",
    "organisations",
    "questions",
    "registrations",
    "webinar",
]

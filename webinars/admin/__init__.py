"""The console's pages over organisations, people, webinars and what is said in them (spec 14)."""

from webinars.admin import (
    accounts,
    audit,
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
    "audit",
    "invitations",
    "jobs",
    "members",
    "messages",
    "organisations",
    "questions",
    "registrations",
    "webinar",
]

"""Organisations, people, webinars, and what is said during one (spec 1, 2, 3, 9, 10)."""

from webinars.models.audit import AuditEntry, AuditQuerySet
from webinars.models.message import ChatRoom, Message, MessageQuerySet
from webinars.models.organisation import Agency, AgencyMember, Client, ClientMember, Role
from webinars.models.question import Question, QuestionQuerySet, QuestionRoom, QuestionVote
from webinars.models.registration import Registration, RegistrationQuerySet
from webinars.models.tenancy import TenantModel
from webinars.models.user import User, UserManager
from webinars.models.webinar import Webinar, WebinarQuerySet, Window, interval, page_intervals

__all__ = [
    "Agency",
    "AgencyMember",
    "AuditEntry",
    "AuditQuerySet",
    "ChatRoom",
    "Client",
    "ClientMember",
    "Message",
    "MessageQuerySet",
    "Question",
    "QuestionQuerySet",
    "QuestionRoom",
    "QuestionVote",
    "Registration",
    "RegistrationQuerySet",
    "Role",
    "TenantModel",
    "User",
    "UserManager",
    "Webinar",
    "WebinarQuerySet",
    "Window",
    "interval",
    "page_intervals",
]

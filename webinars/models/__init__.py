"""Organisations, people, webinars, and what is said during one (spec 1, 2, 3, 9, 10)."""

from webinars.models.allowed_email import AllowedEmail, AllowedEmailImport, AllowedEmailLine, folded_email
from webinars.models.audit import AuditEntry
from webinars.models.campaign import Campaign, CampaignEntry, CampaignQuerySet, CampaignQuestion
from webinars.models.consent import ConsentGiven, ConsentText, ConsentVersion
from webinars.models.invitation import Invitation
from webinars.models.message import ChatRoom, Message, MessageQuerySet
from webinars.models.organisation import Agency, AgencyMember, Client, ClientMember, Role
from webinars.models.question import Question, QuestionQuerySet, QuestionRoom, QuestionVote
from webinars.models.registration import Registration, RegistrationQuerySet
from webinars.models.tenancy import TenantModel, TenantQuerySet
from webinars.models.user import User, UserManager
from webinars.models.webinar import Webinar, WebinarQuerySet, Window, interval, page_intervals

__all__ = [
    "Agency",
    "AgencyMember",
    "AllowedEmail",
    "AllowedEmailImport",
    "AllowedEmailLine",
    "AuditEntry",
    "Campaign",
    "CampaignEntry",
    "CampaignQuerySet",
    "CampaignQuestion",
    "ChatRoom",
    "Client",
    "ClientMember",
    "ConsentGiven",
    "ConsentText",
    "ConsentVersion",
    "Invitation",
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
    "TenantQuerySet",
    "User",
    "UserManager",
    "Webinar",
    "WebinarQuerySet",
    "Window",
    "folded_email",
    "interval",
    "page_intervals",
]

"""The form of a registration campaign's page (spec 12)."""

import uuid
from collections.abc import Mapping, Sequence, Set
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from webinars.blocked_words import shows_nothing
from webinars.consent_form import SHOWN, ConsentFields, consent_field
from webinars.models import Campaign, CampaignEntry, CampaignQuestion, ConsentVersion
from webinars.phone_numbers import LONGEST_TYPED, plausible_phone
from webinars.plain_address import plain_address
from webinars.services.campaigns import Answer, Submission

NAMED_BY_ID = {"answer": "answers", "consent": "consents"}
SHORT_ANSWER, LONG_ANSWER = 200, 1000
Kind = CampaignQuestion.Kind
PLEASE_ANSWER = {"required": _("Please answer this question.")}
PLEASE_CHOOSE = {"required": _("Please choose."), "invalid_choice": _("Choose one of the answers offered.")}


def visible(text: str) -> None:
    if shows_nothing(text):
        raise ValidationError(_("Please write something that can be read."))


class EntryForm(ConsentFields):
    """`entry` is what the person sent before, when it is they who ask: the form shows it, and a field that they empty
    is emptied. Otherwise what is left blank was not said."""

    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "required": _("Enter your email address."),
            "invalid": _("This is not a whole email address. It looks like name@example.com."),
        },
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        validators=[visible],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Enter your name.")},
    )

    def __init__(
        self,
        *args: Any,
        campaign: Campaign,
        questions: Sequence[CampaignQuestion],
        entry: CampaignEntry | None = None,
        **kwargs: Any,
    ) -> None:
        self.questions, self.entry = list(questions), entry
        if entry is not None:
            kwargs["initial"] = {**values_of(entry), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        texts = {question_field(question) for question in self.questions if not question.choices}
        for field, value in self.initial.items():
            if isinstance(value, list) and field in texts:  # several could be chosen when it was answered
                self.initial[field] = ", ".join(value)
        asked = list(self.fields.items())[2:]  # the boxes come last
        for name, _field in asked:
            del self.fields[name]
        if campaign.phone != Campaign.Phone.NOT_ASKED:
            self.fields["phone"] = _phone_field(required=campaign.phone == Campaign.Phone.REQUIRED)
        self.fields |= {question_field(question): _field_of(question) for question in self.questions}
        self.fields |= dict(asked)

    @property
    def said_fields(self) -> list[forms.BoundField]:
        """All but the boxes of consent."""
        boxes = {row.field.name for row in self.consent_rows}
        return [field for field in self.visible_fields() if field.name not in boxes]

    def clean_email(self) -> str:
        return plain_address(self.cleaned_data["email"])

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data["phone"]
        return plausible_phone(typed) if typed else ""

    def errors_by_name(self) -> dict[str, Any]:
        """As programs know the fields: questions and consents by their ids."""
        found: dict[str, Any] = {}
        for name, errors in self.errors.items():
            kind, _under, key = name.partition("_")
            if kind in NAMED_BY_ID and key:
                found.setdefault(NAMED_BY_ID[kind], {})[str(uuid.UUID(key))] = errors
            else:
                found[name] = errors
        return found

    def submission(self, *, source: str = "", said: Set[uuid.UUID] | None = None) -> Submission:
        """Once the form is valid. `said` are the questions of which a program said something, be it nothing."""
        cleaned = self.cleaned_data
        answers = {question.pk: self._answer(question) for question in self.questions}
        phone = cleaned.get("phone")
        if said is not None:
            answers = {pk: answer for pk, answer in answers.items() if pk in said}
        elif self.entry is None:
            answers = {pk: answer for pk, answer in answers.items() if answer}
            phone = phone or None
        return Submission(
            email=cleaned["email"],
            name=cleaned["name"],
            phone=phone,
            answers=answers,
            consents=self.given,
            source=source,
        )

    def _answer(self, question: CampaignQuestion) -> Answer:
        answer: Answer = self.cleaned_data[question_field(question)]
        if question.kind == Kind.MULTIPLE:  # each once, in the order of the question
            return [choice for choice in dict.fromkeys(question.choices) if choice in answer]
        return answer


def form_data(
    *,
    email: str,
    name: str,
    phone: str | None,
    answers: Mapping[str, Any],
    consents: Sequence[ConsentVersion],
    questions: Sequence[CampaignQuestion],
    agreed: Mapping[str, bool],
) -> MultiValueDict[str, Any]:
    """What a browser would send of it; `answers` and `agreed` go by ids."""
    data: dict[str, list[Any]] = {"email": [email], "name": [name], "phone": [phone or ""]}
    for question in questions:
        said = answers.get(str(question.pk), "")
        data[question_field(question)] = said if isinstance(said, list) else [said] if said else []
    data[SHOWN] = [version.pk.hex for version in consents if str(version.pk) in agreed]
    for version in consents:
        if agreed.get(str(version.pk)):
            data[consent_field(version)] = ["on"]
    return MultiValueDict(data)


def values_of(entry: CampaignEntry) -> dict[str, Any]:
    """What the form shows of an entry."""
    answers = {f"answer_{uuid.UUID(said['question']).hex}": said["answer"] for said in entry.answers}
    return {"email": entry.email, "name": entry.name, "phone": entry.phone, **answers}


def question_field(question: CampaignQuestion) -> str:
    return f"answer_{question.pk.hex}"


def _phone_field(*, required: bool) -> forms.Field:
    return forms.CharField(
        label=_("Phone number"),
        required=required,
        max_length=LONGEST_TYPED,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": _("Enter your phone number.")},
    )


def _field_of(question: CampaignQuestion) -> forms.Field:
    needed, label = question.is_required, question.label
    choices: list[tuple[str, Any]] = [(choice, choice) for choice in dict.fromkeys(question.choices)]
    match question.kind:
        case Kind.SINGLE:
            if not needed:
                choices.insert(0, ("", _("No answer")))
            return forms.ChoiceField(
                label=label,
                required=needed,
                choices=choices,
                widget=forms.RadioSelect,
                error_messages=PLEASE_CHOOSE,
            )
        case Kind.MULTIPLE:
            return forms.MultipleChoiceField(
                label=label,
                required=needed,
                choices=choices,
                widget=forms.CheckboxSelectMultiple,
                error_messages={**PLEASE_CHOOSE, "invalid_list": PLEASE_CHOOSE["invalid_choice"]},
            )
        case Kind.LONG:
            area = forms.Textarea(attrs={"rows": 4})
            return forms.CharField(
                label=label,
                required=needed,
                max_length=LONG_ANSWER,
                validators=[visible],
                widget=area,
                error_messages=PLEASE_ANSWER,
            )
    return forms.CharField(
        label=label, required=needed, max_length=SHORT_ANSWER, validators=[visible], error_messages=PLEASE_ANSWER
    )

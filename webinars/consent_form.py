"""The boxes that ask for consent, for every form by which somebody registers."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from webinars.models import ConsentVersion

SHOWN = "consents_shown"


class ConsentRow(NamedTuple):
    field: forms.BoundField
    version: ConsentVersion


class ConsentFields(forms.Form):
    """A form with one box per version that is asked. `templates/webinars/parts/consents.html` shows `consent_rows`,
    each with its full text to open.

    No box is ticked beforehand but those that the person ticked themselves before (`agreed`).
    """

    def __init__(
        self,
        *args: Any,
        consents: Sequence[ConsentVersion] = (),
        agreed: Mapping[uuid.UUID, bool] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.consents = list(consents)
        for version in self.consents:
            self.fields[consent_field(version)] = forms.BooleanField(
                label=version.label,
                required=version.is_required,
                initial=bool((agreed or {}).get(version.pk)),
                error_messages={"required": _("Tick this box to register.")},
            )

    @property
    def consent_rows(self) -> list[ConsentRow]:
        return [ConsentRow(self[consent_field(version)], version) for version in self.consents]

    @property
    def given(self) -> dict[uuid.UUID, bool]:
        """By version, once the form is valid. A version that was published while the form was on its way was not on
        the page, so an empty box of it refuses nothing."""
        shown = set(self.data.getlist(SHOWN)) if isinstance(self.data, MultiValueDict) else set()
        ticked = {version.pk: bool(self.cleaned_data.get(consent_field(version))) for version in self.consents}
        return {version: is_given for version, is_given in ticked.items() if is_given or version.hex in shown}


def consent_field(version: ConsentVersion) -> str:
    return f"consent_{version.pk.hex}"

"""What puts addresses on a list: a paste, or a file."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from webinars.addresses.files import kind_of, read_file
from webinars.addresses.found import CannotRead, Found
from webinars.addresses.pasted import pasted

# 100,000 addresses with names beside them. A form may send little more (DATA_UPLOAD_MAX_MEMORY_SIZE).
LONGEST_PASTE = 8_000_000


class PasteForm(forms.Form):
    source = "paste"
    addresses = forms.CharField(
        label=_("Addresses"),
        max_length=LONGEST_PASTE,
        strip=False,  # lines are counted from the first
        error_messages={
            "required": _("Paste or type at least one address."),
            "max_length": _("This is too long to paste. Save it as a file, and choose that below."),
        },
        widget=forms.Textarea(
            attrs={
                "rows": 5,
                "autocomplete": "off",
                "spellcheck": "false",
                "aria-describedby": "id_addresses_help",
            }
        ),
    )

    def clean_addresses(self) -> str:
        text: str = self.cleaned_data["addresses"]
        if not text.strip():
            raise forms.ValidationError(self.fields["addresses"].error_messages["required"], code="required")
        return text

    def found(self) -> Iterator[Found]:
        return pasted(self.cleaned_data["addresses"])

    def refuse(self, message: Any) -> None:
        self.add_error("addresses", message)


class FileForm(forms.Form):
    """`source` is what the file is by its content."""

    source = "csv"
    file = forms.FileField(
        label=_("CSV or Excel file"),
        error_messages={
            "required": _("Choose a file first."),
            "missing": _("Choose a file first."),
            "empty": _("There is nothing in this file."),
            "invalid": _("Choose a file first."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx", "aria-describedby": "id_file_help"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            self.source = kind_of(file.file, size=file.size)
        except CannotRead as problem:
            raise forms.ValidationError(problem.message) from problem
        return file

    def found(self) -> Iterator[Found]:
        file: Any = self.cleaned_data["file"].file
        return read_file(file, "xlsx" if self.source == "xlsx" else "csv")

    def refuse(self, message: Any) -> None:
        self.add_error("file", message)

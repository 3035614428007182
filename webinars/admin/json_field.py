"""JSON as somebody types it into the console."""

import json
import re
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput

# As JSON writes them: a NUL, and half of a surrogate pair. No table takes them, no page can show them.
SURROGATES = re.compile("[\ud800-\udfff]")


class KeptJSONField(forms.JSONField):
    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        if not _can_be_kept(found):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        found = super().bound_data(data, initial)
        return found if _can_be_kept(found) else InvalidJSONInput(data)


def _can_be_kept(value: Any) -> bool:
    return "\\u0000" not in (written := json.dumps(value, ensure_ascii=False)) and not SURROGATES.search(written)

"""Telephone numbers as people type them. Nobody is called to find out: a number is plausible or it is not."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST_TYPED = 40
BETWEEN_DIGITS = re.compile(r"[\s().·/\u2010-\u2015-]+")
# Of another country: E.164, at most 15 digits, none of which begins with 0.
ABROAD = re.compile(r"\+[1-9][0-9]{6,14}")
# In Korea: mobile, Seoul, other areas and internet, and the numbers of businesses.
KOREAN = (
    re.compile(r"(01[016789])([0-9]{3,4})([0-9]{4})"),
    re.compile(r"(02)([0-9]{3,4})([0-9]{4})"),
    re.compile(r"(0[3-8][0-9])([0-9]{3,4})([0-9]{4})"),
    re.compile(r"(050[0-9])([0-9]{4})([0-9]{4})"),
    re.compile(r"(1[568][0-9]{2})([0-9]{4})"),
)


def plausible_phone(typed: str) -> str:
    """The number in one form: 010-1234-5678, or +14155550123 of another country. Raises ValidationError with what a
    number looks like."""
    compact = BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).strip())
    home = re.sub(r"^\+820?", "0", compact)
    for form in KOREAN:
        if found := form.fullmatch(home):
            return "-".join(found.groups())
    if len(typed) <= LONGEST_TYPED and ABROAD.fullmatch(compact) and not compact.startswith("+82"):
        return compact
    raise ValidationError(_("This is not a whole phone number. It looks like 010-1234-5678 or +1 415 555 0123."))

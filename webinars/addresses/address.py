"""One address, out of what people write around it."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from webinars.addresses.found import LONGEST_TEXT, Found
from webinars.models.allowed_email import folded_email

LONGEST_ADDRESS = 254
# Nearly all of them, told in a tenth of the time that Django's validator takes.
PLAIN = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
IN_BRACKETS = re.compile(r"<([^<>]*)>")
# Marks that programs leave and nobody sees, and controls; a no-break space is a space.
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0e-\x1f\x7f]")
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
QUOTES = "\"'“”‘’`"
LOCAL_PART = re.compile(r"[!-?A-~]+", re.ASCII)  # printable ASCII without @


def found_in(line: int, text: str) -> Found:
    """The one address in a cell, or in a piece of what was pasted."""
    email, problem = address_of(text)
    return Found(line, email, shown(text) if problem else email, problem)


def address_of(text: str) -> tuple[str, str]:
    """The folded address in `text`, which may have a name beside it, or an empty one and the problem."""
    folded = folded_email(text)
    if len(folded) <= LONGEST_ADDRESS and PLAIN.fullmatch(folded):
        return folded, ""
    bare = _bare(text)
    if not bare:
        return "", "no_address"
    if "@" not in bare:
        return "", "not_an_address"
    if bare.count("@") > 1:
        return "", "several" if len(re.split(r"[\s,;]+", bare)) > 1 else "not_an_address"
    return _checked(bare)


def _bare(text: str) -> str:
    """Without a name, "mailto:", quotes, and what is not seen; full-width letters as those that they stand for."""
    clean = UNSEEN.sub("", unicodedata.normalize("NFKC", text)).strip().strip(QUOTES).strip()
    in_brackets = [part.strip() for part in IN_BRACKETS.findall(clean) if part.strip()]
    if len(in_brackets) == 1:
        clean = in_brackets[0]
    elif clean.count("@") == 1 and not in_brackets:
        clean = next((word for word in clean.split() if "@" in word), clean).strip(QUOTES + "()[],;:")
    return clean[7:].strip() if clean.lower().startswith("mailto:") else clean


def _checked(bare: str) -> tuple[str, str]:
    local, _at, domain = bare.partition("@")
    if local and not local.isascii():
        return "", "foreign_letters"
    if not LOCAL_PART.fullmatch(local) or local.startswith('"'):
        return "", "not_an_address"
    try:
        email = f"{local.lower()}@{_folded_domain(domain)}"
        if len(email) > LONGEST_ADDRESS:
            return "", "too_long"
        validate_email(email)
    except (ValidationError, UnicodeError):
        return "", "not_an_address"
    return email, ""


def _folded_domain(domain: str) -> str:
    """As it is written, in lower case. One in other letters than ASCII in the form that all ways to write it share."""
    if domain.isascii():
        return domain.lower()
    return domain.encode("idna").decode("ascii").encode("ascii").decode("idna").lower()


def shown(text: str) -> str:
    """What a report repeats of a line: one line, whatever stood in it, and not without end."""
    clean = CONTROLS.sub(" ", text[: 4 * LONGEST_TEXT]).strip()
    return clean if len(clean) <= LONGEST_TEXT else f"{clean[: LONGEST_TEXT - 1]}…"

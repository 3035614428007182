"""What the console's log of changes remembers of a person (spec 5, Retention)."""

import json
import re
from collections.abc import Iterable

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from webinars.models import Message, Question, User


def clean_admin_log(user: User, *, addresses: Iterable[str], instead: str) -> int:
    """Have the log say `instead` for the person, what they wrote, and their addresses wherever they stand. That
    something was changed, when and by whom stays. Answers how many entries were cleaned."""
    # The log writes what was changed as JSON, in which other letters than ASCII are escaped.
    written = {form for address in addresses for form in (address, json.dumps(address)[1:-1])}
    theirs = _about(User, [user.pk])
    for model in (Message, Question):
        theirs |= _about(model, model._default_manager.filter(user=user).values_list("pk", flat=True))
    naming = Q()
    for form in written:
        naming |= Q(object_repr__icontains=form) | Q(change_message__icontains=form)
    about = set(LogEntry.objects.filter(theirs).values_list("pk", flat=True))
    cleaned = 0
    for entry in LogEntry.objects.filter(theirs | naming):
        title = instead if entry.pk in about else without(entry.object_repr, written, instead=instead)
        message = without(entry.change_message, written, instead=json.dumps(instead)[1:-1])
        if (title, message) != (entry.object_repr, entry.change_message):
            LogEntry.objects.filter(pk=entry.pk).update(object_repr=title, change_message=message)
            cleaned += 1
    return cleaned


def without(text: str, names: Iterable[str], *, instead: str) -> str:
    """`text` with each of these names, in any case, replaced."""
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(pattern, lambda _found: instead, text, flags=re.IGNORECASE) if pattern else text


def _about(model: type[User | Message | Question], ids: Iterable[object]) -> Q:
    content_type = ContentType.objects.get_for_model(model)
    return Q(content_type=content_type, object_id__in=[str(one) for one in ids])

"""The questions as the server renders them; `question_order.js` orders them in the page."""

from collections.abc import Iterable
from typing import Any

from django import template

register = template.Library()


@register.filter
def most_wanted_first(questions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is pinned, then what is open, then what is answered, each by its votes. Nothing that was put away."""
    kept = [question for question in questions if question["status"] != "archived"]
    return sorted(kept, key=lambda q: (not q["pinned"], q["status"] == "answered", -q["votes"], q["seq"]))

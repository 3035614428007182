"""Every text that people read exists in Korean, in our own catalogue: the product speaks Korean first."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_javascript, extract_python
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("eventflow", "webinars", "presence", "stats")
LOCALE = ROOT / "locale" / "ko" / "LC_MESSAGES"
# Which argument is the text; "c" marks the one that tells two equal texts apart.
PLAIN, PLURAL, TOLD_APART, PLURAL_TOLD_APART = None, (1, 2), ((1, "c"), 2), ((1, "c"), 2, 3)
MARKS: dict[str, Any] = {
    name + lazy: spec
    for lazy in ("", "_lazy", "_noop")
    for name, spec in [
        ("gettext", PLAIN),
        ("ngettext", PLURAL),
        ("pgettext", TOLD_APART),
        ("npgettext", PLURAL_TOLD_APART),
    ]
} | {"_": PLAIN}
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]|\{\w*\}")


def ours(suffixes: tuple[str, ...], *folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and "tests" not in path.parts and "migrations" not in path.parts:
                yield path


def texts_of(path: Path) -> Iterator[tuple[str | None, str]]:
    """Each marked text of a file, with its context."""
    source = path.read_text(encoding="utf-8")
    extract = extract_javascript if path.suffix == ".js" else extract_python
    if path.suffix in (".html", ".txt"):
        source = "\n".join(
            line.strip() for line in templatize(source).splitlines()
        )  # indentation is Python's to judge
    for _line, function, message, _comments in extract(io.BytesIO(source.encode()), list(MARKS), [], {}):
        spec = MARKS[function]
        parts = message if isinstance(message, tuple) else (message,)
        if spec in (TOLD_APART, PLURAL_TOLD_APART):
            yield parts[0], parts[1]
        elif parts[0]:
            yield None, parts[0]


def catalogue(domain: str) -> Catalog:
    with (LOCALE / f"{domain}.po").open("rb") as source:
        return read_po(source, locale="ko")


def missing(domain: str, files: Iterator[Path]) -> list[str]:
    korean = catalogue(domain)
    found = []
    for path in files:
        for context, text in texts_of(path):
            known = korean.get(text, context=context)
            words = known.string if known is not None and not known.fuzzy else ""
            if not (all(words) if isinstance(words, tuple) else words):
                found.append(f"{path.relative_to(ROOT)}: {text!r}")
    return found


def test_every_text_of_the_pages_and_the_api_is_there_in_korean():
    assert missing("django", ours((".py", ".html", ".txt"), *APPS, "templates")) == []


def test_every_text_of_the_scripts_is_there_in_korean():
    assert missing("djangojs", ours((".js",), *(f"{app}/static" for app in APPS))) == []


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_korean_texts_have_the_same_places_to_fill(domain):
    wrong = []
    for message in catalogue(domain):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set(PLACEHOLDER.findall(ids[-1]))
        wrong += [string for string in strings if not wanted >= set(PLACEHOLDER.findall(string))]
    assert wrong == []

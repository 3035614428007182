"""What a browser calls itself, in words that its owner knows it by."""

from typing import NamedTuple

# The first that is named counts: most browsers also name those that they descend from.
BROWSERS = (
    ("KAKAOTALK", "KakaoTalk"),
    ("NAVER(", "NAVER"),
    ("Whale/", "Whale"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class BrowserWords(NamedTuple):
    """Empty where nothing is known."""

    browser: str
    system: str


def browser_words(user_agent: str) -> BrowserWords:
    return BrowserWords(_first(BROWSERS, user_agent), _first(SYSTEMS, user_agent))


def _first(named: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in named if mark in text), "")

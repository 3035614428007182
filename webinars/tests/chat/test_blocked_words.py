"""Words that a room does not want to read (spec 9): compared in one form, so that spelling hides nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.blocked_words import UnfitWords, has_blocked, kept_words, normalised

# Whatever may be posted: no lone surrogates, which the API refuses.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
plain = st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True)
korean = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("  Free\u00a0 MONEY\n", "free money"),
        ("ＦＲＥＥ", "free"),
        ("fr\u200bee\u200d mo\ufeffney", "free money"),
        ("f\u00adr\u2060e\ufe0fe", "free"),
        ("Straße", "strasse"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
        ("광\u3164고", "광고"),
        ("①②", "12"),
        ("ㅅㅂ \u1109\u1107 ㅋㅋ", "ㅅㅂ ㅅㅂ ㅋㅋ"),  # letters stay what people type
        ("ㅂㅏㅂㅗ", "바보"),
        ("광\u2800고", "광 고"),
        ("a\tb\u2003c\x07", "a b c"),
    ],
)
def test_the_form_in_which_texts_are_compared(text, form):
    assert normalised(text) == form


@given(texts)
def test_bringing_it_there_twice_changes_nothing(text):
    assert normalised(normalised(text)) == normalised(text)


@pytest.mark.parametrize(
    ("text", "blocked"),
    [
        ("ass", True),
        ("you ASS!", True),
        ("Ａｓｓ?", True),
        ("class", False),
        ("assistant", False),
        ("ass1", False),
        ("école d'ass", True),
        ("ássá", False),
        ("ass입니다", True),  # a particle behind it makes it no other word
        ("무료광고입니다", True),
        ("광 고", False),
        ("광\u200b고", True),
        ("free  money now", True),
        ("free moneybags", False),
        ("I like C++.", True),
        ("nothing of it", False),
        ("", False),
    ],
)
def test_what_is_blocked(text, blocked):
    assert has_blocked(text, ["ass", "광고", "free money", "c++"]) is blocked


@given(texts, korean, texts)
def test_a_korean_word_is_found_wherever_it_stands(before, word, after):
    """Beside letters that could not join it."""
    assert has_blocked(f"{before} {word} {after}", kept_words([word]))
    assert has_blocked(f"가{word}나", kept_words([word]))


@given(texts, plain, texts)
def test_a_plain_word_is_found_between_spaces_in_any_dress(before, word, after):
    dressed = "".join(chr(ord(c) + 0xFEE0) if index % 2 else c.upper() for index, c in enumerate(word))

    assert has_blocked(f"{before} {word} {after}", [word])
    assert has_blocked(f"{before} {dressed} {after}", [word])


@given(st.lists(plain, max_size=8), plain)
def test_a_plain_word_is_never_found_inside_another(words, word):
    text = " ".join(words)

    assert has_blocked(text, [word]) == (word in re.split(" ", text))


@given(texts)
def test_nothing_is_blocked_where_no_words_are(text):
    assert has_blocked(text, []) is False


@given(st.lists(texts, max_size=30))
def test_a_list_is_kept_once_and_without_empty_words(words):
    try:
        kept = kept_words(words)
    except UnfitWords:
        return

    assert kept == [*dict.fromkeys(kept)] == kept_words(kept)
    assert {*kept} == {normalised(word) for word in words} - {""}


@pytest.mark.parametrize(
    ("words", "fits"),
    [
        (["x" * 50], True),
        (["x" * 51], False),
        (["\ufdfa" * 3], False),  # one character that stands for eighteen
        ([f"word{n}" for n in range(200)], True),
        ([f"word{n}" for n in range(201)], False),
        (["same", "SAME"] * 200, True),
    ],
)
def test_limits(words, fits):
    if fits:
        assert len(kept_words(words)) == len({word.lower() for word in words})
    else:
        with pytest.raises(UnfitWords):
            kept_words(words)

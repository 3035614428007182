import pytest
from django.core.exceptions import ValidationError

from webinars.phone_numbers import plausible_phone


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("010-1234-5678", "010-1234-5678"),
        ("01012345678", "010-1234-5678"),
        (" 010 1234 5678 ", "010-1234-5678"),
        ("０１０－１２３４－５６７８", "010-1234-5678"),
        ("010–1234–5678", "010-1234-5678"),
        ("011-123-4567", "011-123-4567"),
        ("+82 10-1234-5678", "010-1234-5678"),
        ("+82 (0)10-1234-5678", "010-1234-5678"),
        ("02-123-4567", "02-123-4567"),
        ("02 1234 5678", "02-1234-5678"),
        ("031.123.4567", "031-123-4567"),
        ("070-1234-5678", "070-1234-5678"),
        ("0507-1234-5678", "0507-1234-5678"),
        ("1588-1234", "1588-1234"),
        ("+1 (415) 555-0123", "+14155550123"),
        ("+44 20 7946 0958", "+442079460958"),
    ],
)
def test_numbers_are_kept_in_one_form(typed: str, kept: str) -> None:
    assert plausible_phone(typed) == kept
    assert plausible_phone(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12",
        "phone",
        "010-1234",
        "010-1234-56789",
        "+82 1",
        "+0 123456789",
        "+123456789012345678",
        "0" * 9,
        "1" * 60,
    ],
)
def test_what_cannot_be_a_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        plausible_phone(typed)

"""CSV in whatever letters, separators and line ends: the same addresses, on the file's own lines (spec 3)."""

import io
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from webinars.addresses.encoding import encoding_of
from webinars.addresses.files import kind_of, read_file
from webinars.addresses.found import MOST_ADDRESSES, MOST_BYTES, CannotRead

ENCODED = {
    "utf-8": "utf-8",
    "utf-8 with a mark": "utf-8-sig",
    "cp949": "cp949",
    "utf-16 little": "utf-16-le",
    "utf-16 big": "utf-16-be",
}
MARKS = {"utf-16 little": b"\xff\xfe", "utf-16 big": b"\xfe\xff"}


def read(data, **options):
    data = data if isinstance(data, bytes) else data.encode()
    stream = io.BytesIO(data)
    return list(read_file(stream, kind_of(stream, size=len(data)), **options))


def emails(found):
    return [(one.line, one.email) for one in found if one.email]


def problems(found):
    return [(one.line, one.problem) for one in found if one.problem]


NAMES = st.text(st.sampled_from("김이박최서연민준 Kim·\"'-,;\t\n"), max_size=12)
LOCAL = st.text(st.sampled_from("abcxyz019_+-"), min_size=1, max_size=10)
BAD = st.sampled_from(["", "없음", "kim", "a@b", "@x.com", "a b@", "kim@x..com"])
ROWS = st.lists(
    st.tuples(NAMES, st.one_of(LOCAL.map(lambda name: f"{name}@Example.com"), BAD)), min_size=1, max_size=30
)


@given(
    rows=ROWS,
    encoding=st.sampled_from(sorted(ENCODED)),
    separator=st.sampled_from(",;\t"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    blank_every=st.integers(0, 4),
)
@settings(max_examples=300, deadline=None)
@example(rows=[("김\n이", "A@Example.com")], encoding="cp949", separator=";", line_end="\r", blank_every=1)
def test_any_mix_gives_the_same_addresses_on_the_right_lines(rows, encoding, separator, line_end, blank_every):
    """Written by a plain writer of our own, which counts the lines as it goes."""
    lines, line, expected_emails, expected_problems = [f"이름{separator}이메일"], 2, [], []
    for number, (name, address) in enumerate(rows):
        if blank_every and number % blank_every == 0:
            lines.append("")
            line += 1
        quoted = '"{}"'.format(name.replace('"', '""').replace("\n", line_end))
        lines.append(f"{quoted}{separator}{address}")
        if address.endswith("@Example.com"):
            expected_emails.append((line, address.lower()))
        elif name.strip() or address:
            expected_problems.append(line)
        line += 1 + name.count("\n")
    data = MARKS.get(encoding, b"") + line_end.join(lines).encode(ENCODED[encoding])

    found = read(data)

    assert emails(found) == expected_emails
    assert [line for line, _problem in problems(found)] == expected_problems


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
@example(b'"')
@example(b"email\n" + b'"a\n' * 60)
@example(b"\xff\xfe\x00")
@example(b"\xef\xbb\xbf")
@example(b"a@x.com,\xff\n" * 3)
def test_whatever_the_bytes_are_it_is_read_or_refused_in_words(data):
    found, refusal = [], None
    try:
        found = read(data)
    except CannotRead as refused:
        refusal = refused

    assert refusal is None or str(refusal.message)
    assert all(bool(one.email) != bool(one.problem) for one in found)
    assert [one.line for one in found] == sorted(one.line for one in found)
    assert not any("\x00" in one.text or len(one.text) > 254 for one in found)


def test_damaged_bytes_reject_their_own_row_only():
    data = "이름,이메일\n김,kim@x.com\n".encode("cp949") + b"\xc0,broken@x.com\n" + "박,park@x.com\n".encode("cp949")

    found = read(data)

    assert (emails(found), problems(found)) == ([(2, "kim@x.com"), (4, "park@x.com")], [(3, "unreadable")])


def test_damaged_rows_do_not_change_what_the_file_is_written_in():
    utf_8 = "이름,이메일\n김서연,kim@x.com\n이민준,lee@x.com\n".encode() + b"\xb1\xe8,a@x.com\n"
    cp949 = "이름,이메일\n김서연,kim@x.com\n".encode("cp949") + b"\xff\xfe,b@x.com\n"

    assert [encoding_of(io.BytesIO(data)) for data in (utf_8, cp949)] == ["utf-8", "cp949"]
    assert [problems(read(data)) for data in (utf_8, cp949)] == [[(4, "unreadable")], [(3, "unreadable")]]


def test_the_encoding_may_be_said():
    data = "이름,이메일\n김,kim@x.com\n".encode("cp949")

    assert problems(read(data, encoding="utf-8", column="2")) == [(1, "unreadable"), (2, "unreadable")]


@pytest.mark.parametrize(
    ("text", "expected", "rejected"),
    [
        ("email\na@x.com\n", [(2, "a@x.com")], []),
        ("E-Mail,name\na@x.com,A\n", [(2, "a@x.com")], []),
        ("이름;이메일 주소 (필수)\n김;a@x.com\n", [(2, "a@x.com")], []),
        ("참석자 명단\n\n이름,메일\n김,a@x.com\n", [(4, "a@x.com")], []),
        ("name,email,manager\nA,a@x.com,boss@x.com\nB,,boss@x.com\n", [(2, "a@x.com")], [(3, "no_address")]),
        ("A,a@x.com,boss@x.com\nB,b@x.com,boss@x.com\n", [(1, "a@x.com"), (2, "b@x.com")], []),
        ("a@x.com\nb@x.com", [(1, "a@x.com"), (2, "b@x.com")], []),
        ("a@x.com,b@x.com;c@x.com\n", [(1, "a@x.com"), (1, "b@x.com"), (1, "c@x.com")], []),
        ("a@x.com,b@x.com\nc@x.com\n", [(1, "a@x.com"), (1, "b@x.com"), (2, "c@x.com")], []),
        ("nonsense\na@x.com\n", [(2, "a@x.com")], [(1, "not_an_address")]),
        ("이메일,동의\n,\nx,Y\na@x.com,N\n", [(4, "a@x.com")], [(3, "not_an_address")]),
        ('email\n"Kim, Minjun" <a@x.com>\n', [(2, "a@x.com")], []),
        ('name,email\n"open,a@x.com\nB,b@x.com\n', [(3, "b@x.com")], [(2, "open_quote")]),
        ('name,email\n12" screen,a@x.com\n"two\nlines",b@x.com\nC,c@x.com\n',
         [(2, "a@x.com"), (3, "b@x.com"), (5, "c@x.com")], []),
        ("email\na@x.com b@x.com\n", [], [(2, "several")]),
    ],
)  # fmt: skip
def test_the_column_is_found(text, expected, rejected):
    found = read(text)

    assert (emails(found), problems(found)) == (expected, rejected)


@pytest.mark.parametrize("column", ["Second", "SECOND ", "3", "c", "C"])
def test_the_column_may_be_said_by_heading_number_or_letter(column):
    text = "name,email,second\nA,a@x.com,b@x.com\n"

    assert emails(read(text, column=column)) == [(2, "b@x.com")]


@pytest.mark.parametrize("column", ["third", "0", "-1", "", " "])
def test_a_column_that_is_not_there_is_said(column):
    text = "name,phone\nA,010\n"

    with pytest.raises(CannotRead) as refusal:
        read(text, column=column)
    assert refusal.value.code == "no_column"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"   \r\n \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "wrong_kind"),
        (b"%PDF-1.7\n", "wrong_kind"),
        (b"\x89PNG\r\n\x1a\n", "wrong_kind"),
        (b"<html><table><tr><td>a@x.com</td></tr></table></html>", "wrong_kind"),
        (b"\xef\xbb\xbf <!DOCTYPE html>", "wrong_kind"),
        (b"\x00\x01\x02\x03" * 100, "wrong_kind"),
        ("이메일,a@x.com".encode("utf-16-le"), "wrong_kind"),
        (b"name,phone\nA,010\n", "no_column"),
    ],
)
def test_what_is_no_list_is_refused(data, code):
    with pytest.raises(CannotRead) as refusal:
        read(data)
    assert (refusal.value.code, bool(str(refusal.value.message))) == (code, True)


def test_size_is_looked_at_before_anything_is_read():
    class Unread(io.BytesIO):
        def read(self, *_args):
            raise AssertionError("it was read")

    with pytest.raises(CannotRead) as refusal:
        kind_of(Unread(), size=MOST_BYTES + 1)
    assert refusal.value.code == "too_large"


def test_as_many_as_are_allowed_and_no_more():
    whole = "email\n" + "".join(f"p{number}@x.com\n" for number in range(MOST_ADDRESSES))

    assert len(read(whole)) == MOST_ADDRESSES
    with pytest.raises(CannotRead) as refusal:
        read(whole + "one-more@x.com\n")
    assert refusal.value.code == "too_many"


def large(rows):
    """A Korean list with a damaged row and a nonsense one in every hundred."""
    lines = ["이름,이메일,전화".encode("cp949")]
    for number in range(rows):
        name = b"\xc0" if number % 100 == 50 else f"참석자{number}".encode("cp949")
        address = b"nonsense" if number % 100 == 99 else f"person{number}@example.com".encode()
        lines.append(name + b"," + address + b",010-1234-5678")
    return b"\r\n".join(lines)


def test_memory_does_not_grow_with_the_file():
    def peak(rows):
        data = large(rows)
        stream = io.BytesIO(data)
        tracemalloc.start()
        counts = [0, 0]
        for one in read_file(stream, kind_of(stream, size=len(data))):
            counts[bool(one.problem)] += 1
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return counts, most

    (small_counts, small), (large_counts, most) = peak(2_000), peak(20_000)

    assert (small_counts, large_counts) == ([1_960, 40], [19_600, 400])
    assert most < small + 200_000


def test_a_million_rows_are_refused_at_the_first_that_is_too_many():
    data = b"email\n" + b"a@x.com\n" * 1_000_000

    seen = 0
    with pytest.raises(CannotRead) as refusal:
        for _one in read_file(io.BytesIO(data), "csv"):
            seen += 1
    assert (refusal.value.code, seen) == ("too_many", MOST_ADDRESSES)


def test_one_endless_line_is_cut_off_and_does_not_move_the_others():
    text = "email\n" + "x" * 1_000_000 + "\na@x.com\n"

    found = read(text)

    assert (emails(found), problems(found)) == ([(3, "a@x.com")], [(2, "not_an_address")])
    assert len(found[0].text) == 200


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("length", [19_999, 20_000, 39_999])
def test_a_line_that_is_cut_off_at_what_ends_it_does_not_move_the_others(end, length):
    found = read(end.join(["email", "x" * length, "a@x.com", ""]))

    assert (emails(found), problems(found)) == ([(3, "a@x.com")], [(2, "not_an_address")])

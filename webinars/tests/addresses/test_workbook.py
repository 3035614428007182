"""Workbooks as people have them, and those that were made to do harm (spec 3)."""

import io
import zipfile

import openpyxl
import pytest

from webinars.addresses import workbook
from webinars.addresses.files import kind_of, read_file
from webinars.addresses.found import CannotRead


def saved(book):
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def book_of(*rows, title="Sheet"):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book


def read(data, **options):
    stream = io.BytesIO(data)
    return list(read_file(stream, kind_of(stream, size=len(data)), **options))


def emails(found):
    return [(one.line, one.email or one.problem) for one in found]


def with_part(data, name, content):
    """The same workbook with another content of one part."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, content(old.read(part)) if part.filename == name else old.read(part))
    return made.getvalue()


def test_rows_have_the_numbers_that_the_sheet_shows():
    book = book_of(
        ["명단"], [], ["이름", "이메일"], ["김", "KIM@x.com"], [None, None], ["이", "nonsense"], ["박", None]
    )

    assert emails(read(saved(book))) == [(4, "kim@x.com"), (6, "not_an_address"), (7, "no_address")]


def test_the_first_sheet_with_addresses_counts():
    book = book_of(["Read this first"], title="Guide")
    for title, address in (("Hidden", "hidden@x.com"), ("List", "a@x.com"), ("Other", "b@x.com")):
        sheet = book.create_sheet(title)
        sheet.append(["email"])
        sheet.append([address])
    book["Hidden"].sheet_state = "hidden"

    assert emails(read(saved(book))) == [(2, "a@x.com")]


def test_numbers_dates_merged_cells_and_formulas_are_no_addresses():
    book = book_of(["email", "x"], [12.5, "x"], ["=1+1", "x"], ["merged@x.com", None], [True, "x"], ["a@x.com", "x"])
    book.active.merge_cells("A4:B4")

    assert emails(read(saved(book))) == [
        (2, "not_an_address"),
        (3, "no_address"),
        (4, "merged@x.com"),
        (5, "not_an_address"),
        (6, "a@x.com"),
    ]


def test_what_a_formula_came_to_counts():
    data = saved(book_of(["email"], ['=CONCATENATE("a","@x.com")']))
    formula = b'<f>CONCATENATE("a","@x.com")</f><v></v>'
    data = with_part(
        data,
        "xl/worksheets/sheet1.xml",
        lambda xml: (
            xml.replace(b"<v />", b"<v></v>")
            .replace(formula, formula.replace(b"<v></v>", b"<v>a@x.com</v>"))
            .replace(b'<c r="A2">', b'<c r="A2" t="str">')
        ),
    )

    assert emails(read(data)) == [(2, "a@x.com")]


@pytest.mark.parametrize(
    "harm",
    [
        lambda xml: xml.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet', 1),
        lambda xml: xml[: len(xml) // 2],
        lambda xml: b"nonsense",
        lambda xml: xml.replace(b'<c r="A2"', b'<c r="ZZZZZZZZ99999999999"'),
        lambda xml: xml.replace(b't="inlineStr"', b't="s"').replace(b"<is><t>a@x.com</t></is>", b"<v>999999</v>"),
        lambda xml: xml.replace(b'<row r="2"', b'<row r="nonsense"'),
    ],
)
def test_damaged_and_harmful_sheets_are_refused(harm):
    data = saved(book_of(["email"], ["a@x.com"]))

    with pytest.raises(CannotRead) as refusal:
        read(with_part(data, "xl/worksheets/sheet1.xml", harm))
    assert refusal.value.code in ("damaged", "no_column")


def test_a_row_at_the_end_of_the_world_costs_nothing():
    data = saved(book_of(["email"], ["a@x.com"]))
    far = with_part(data, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'<row r="2"', b'<row r="2000000000"'))

    with pytest.raises(CannotRead) as refusal:
        read(far)
    assert refusal.value.code == "too_many"


def test_a_cell_far_to_the_right_costs_nothing():
    data = saved(book_of(["email"], ["a@x.com"]))
    cell = b'<c r="ZZZ2" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    far = with_part(data, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</row></sheetData>", cell))

    assert (far != data, emails(read(far))) == (True, [(2, "a@x.com")])


def test_a_bomb_is_weighed_before_it_is_unpacked(monkeypatch):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(260):
                part.write(b" " * 2**20)
    monkeypatch.setattr(openpyxl, "load_workbook", None)

    with pytest.raises(CannotRead) as refusal:
        read(bomb.getvalue())
    assert (refusal.value.code, len(bomb.getvalue()) < 2**20) == ("too_large", True)


def test_a_part_that_lies_about_its_size_is_not_unpacked_further():
    data = bytearray(saved(book_of(["email"], *([f"p{number}@x.com"] for number in range(500)))))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    lying = bytes(data).replace(size.to_bytes(4, "little"), (40).to_bytes(4, "little"))

    with pytest.raises(CannotRead) as refusal:
        read(lying)
    assert refusal.value.code == "damaged"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"readme.txt": "x"}, "wrong_kind"),
        ({"word/document.xml": "<x/>"}, "wrong_kind"),
        ({"xl/workbook.bin": "x"}, "wrong_kind"),
        ({"xl/workbook.xml": "<x/>"}, "damaged"),
        ({f"xl/{number}.xml": "<x/>" for number in range(1001)} | {"xl/workbook.xml": "<x/>"}, "too_large"),
    ],
)
def test_other_archives_are_refused(parts, code):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)

    with pytest.raises(CannotRead) as refusal:
        read(made.getvalue())
    assert refusal.value.code == code


def test_defusedxml_is_in_force():
    assert openpyxl.DEFUSEDXML is True


def test_too_many_blank_rows_end_the_reading(monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 100)
    book = book_of(["email"])
    book.active["A500"] = "a@x.com"

    with pytest.raises(CannotRead) as refusal:
        read(saved(book))
    assert refusal.value.code == "too_many"

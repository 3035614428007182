"""docs/privacy.md names every table that can hold something of a person, and every part of the export."""

import re
from pathlib import Path

from django.conf import settings

from tests.privacy.everywhere import all_models, personal_columns
from webinars.selectors.personal_data import parts

WRITTEN = Path(settings.BASE_DIR, "docs", "privacy.md").read_text()
NAMED = set(re.findall(r"`([A-Za-z_]+)`", WRITTEN))


def test_every_table_with_personal_columns_is_listed():
    assert {model._meta.db_table for model in all_models() if personal_columns(model)} - NAMED == set()


def test_every_part_of_the_export_is_listed():
    assert set(parts) - NAMED == set()


def test_every_setting_of_how_long_something_is_kept_is_listed():
    kept = {name for name in dir(settings) if re.fullmatch(r"[A-Z_]+_RETENTION_(DAYS|HOURS)", name)}

    assert kept - NAMED == set()


def test_no_table_is_listed_that_is_not_there():
    tables = {model._meta.db_table for model in all_models()}
    rows = {
        name for row in re.findall(r"^\| (`.*?) \|", WRITTEN, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }

    assert rows - tables == set()

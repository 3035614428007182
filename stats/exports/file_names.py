"""What a file is called, and what kind it says it is."""

from stats.exports.contents import Contents

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def file_name(contents: Contents, file_format: str) -> str:
    """The webinar's address and day, and which version of the figures: talk-attendance-2026-03-02-v1.xlsx."""
    day = contents.head["window"]["start"].astimezone(contents.webinar.zone).date()
    version = f"v{contents.seal.version}" if contents.seal else "preliminary"
    return f"{contents.webinar.slug}-attendance-{day}-{version}.{file_format}"

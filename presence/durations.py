from decimal import Decimal


def clock_text(seconds: Decimal | float | None) -> str:
    """Hours, minutes and seconds as 1:02:03; a dash while it is unknown."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"

from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Cast, Coalesce, Lower


def missing_as(column, end):
    return Coalesce(column, Cast(Value(end), models.DateTimeField()))


FIGURES = {
    "name": Lower("display_name"),
    "email": Lower("email"),
    "connected": F("connected_seconds"),
    "unique": F("unique_seconds"),
    "visible": F("visible_seconds"),
    "overlap": F("overlap_seconds"),
    "uncertainty": F("uncertainty_seconds"),
    "pages": F("session_count"),
    "percent": Coalesce("attendance_percent", Value(0)),
    "entered": missing_as("first_entered", "infinity"),
    "entered_down": missing_as("first_entered", "-infinity"),
    "exited": missing_as("last_exited", "infinity"),
    "exited_down": missing_as("last_exited", "-infinity"),
}


class Migration(migrations.Migration):
    dependencies = [("stats", "0008_exports")]

    operations = [
        migrations.AddIndex("sealedattendance", models.Index("seal", figure, "row", name=f"sealed_by_{name}"))
        for name, figure in FIGURES.items()
    ]

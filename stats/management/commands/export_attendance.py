from django.core.management.base import CommandParser

from stats.management.file_command import FileCommand
from stats.models import Export


class Command(FileCommand):
    help = (
        "Write a webinar's attendance to a file, names and addresses among it: sealed if it is sealed, else as it is "
        "now. The file appears when it is whole, and an older one of that name is replaced by it."
    )
    kind = Export.Kind.ATTENDANCE

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--without-people", action="store_true", help="sums and definitions only, nobody's name")

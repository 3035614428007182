from stats.management.file_command import FileCommand
from stats.models import Export


class Command(FileCommand):
    help = (
        "Write a webinar's registrations to a file: names, addresses, phone numbers, answers to its campaign's "
        "questions and consents. The file appears when it is whole, and an older one of that name is replaced by it."
    )
    kind = Export.Kind.REGISTRATIONS

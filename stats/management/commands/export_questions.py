from stats.management.file_command import FileCommand
from stats.models import Export


class Command(FileCommand):
    help = (
        "Write a webinar's questions and answers to a file, names and addresses among it, and also who asked "
        "anonymously, marked as such. The file appears when it is whole, and an older one of that name is replaced by "
        "it."
    )
    kind = Export.Kind.QUESTIONS

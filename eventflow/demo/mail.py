"""The demo's mail goes to the terminal, where whoever tries to sign in by code can read it."""

import textwrap

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend


class TerminalMail(EmailBackend):
    """To whom, about what, and the text; without the headers that Django's console backend shows."""

    def write_message(self, message: EmailMessage) -> None:
        text = textwrap.indent(str(message.body).strip(), "    ")
        self.stream.write(f"Mail to {', '.join(message.to)}: {message.subject}\n{text}\n\n")

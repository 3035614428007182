#!/usr/bin/env python3
"""The command line of EventFlow: `python manage.py help` lists what it can do."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventflow.settings")
    if sys.argv[1:2] == ["demo"]:
        prepare_demo()
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"The settings are not complete: {error}")


def prepare_demo() -> None:
    """The settings want the addresses of the servers that the demo brings, so these are decided first."""
    from eventflow.data_dir import StartError
    from eventflow.demo.surroundings import prepare

    try:
        prepare()
    except StartError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

"""`python -m service.cli` is `shelfloop`."""

from service.cli import app

app()

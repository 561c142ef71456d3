"""Texts that the records can hold."""

from typing import Annotated

from pydantic import StringConstraints

# PostgreSQL keeps no NUL character in a text.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]

"""How commands speak: results on standard output, errors on standard error."""

from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from service.problems import Problem

output = Console(soft_wrap=True, highlight=False)
_errors = Console(stderr=True, soft_wrap=True, highlight=False)


def fail(message: str, remedy: str | None = None) -> NoReturn:
    """Say what went wrong and what to do about it, and end with status 1."""
    _errors.print(f"[bold red]Error:[/] {escape(message)}")
    if remedy:
        _errors.print(escape(remedy))
    raise typer.Exit(1)


def complain(message: str) -> None:
    """Say one of several things that went wrong; `fail` follows."""
    _errors.print(escape(message))


def fail_with(problem: Problem) -> NoReturn:
    """End with what a problem says."""
    fail(problem.detail, problem.remedy)

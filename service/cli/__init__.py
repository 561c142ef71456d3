"""The command line: one file for each capability, named as its command is and imported when that is called."""

import gc
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

import typer
from typer.core import TyperGroup

_COMMANDS = """
serve worker demo analyze checkout compliance simulate coverage drift captures clips stores catalogue reports planograms
rounds savings tasks guidelines quality annotations label-studio retrainings snapshots models products embedders scale
webhooks privacy keys database
"""


class _Imported(Mapping[str, Any]):
    """The commands by name. All of them together take seconds to import; only `--help` needs that."""

    def __init__(self) -> None:
        self._names = tuple(_COMMANDS.split())

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        module = _imported(f"service.cli.{name.replace('-', '_')}")
        alone = typer.Typer()
        if hasattr(module, "app"):
            alone.add_typer(module.app, name=name)
        else:
            alone.command(name=name)(getattr(module, name))
        return typer.main.get_group(alone).commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _imported(name: str) -> ModuleType:
    """Import without looking for garbage: there is none, and looking takes a seventh of the time."""
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.enable()


class _Shelfloop(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Imported()  # type: ignore[assignment]  # nothing is added to them


app = typer.Typer(
    name="shelfloop",
    cls=_Shelfloop,
    help="Shelfloop watches shelves and learns from them. Settings: SHELFLOOP_CONFIG and SHELFLOOP_… variables.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they would show keys
)
app.callback()(lambda: None)  # the commands are none of Typer's own

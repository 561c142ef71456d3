"""`shelfloop demo`: the whole loop in a few minutes."""

from pathlib import Path
from typing import Annotated

import typer

from service.auth.permissions import Role
from service.cli.terminal import fail, output

_HOME = Path("var/demo")
_ANNOTATOR_MINUTES = 150


def demo(
    photos: Annotated[Path | None, typer.Option(help="A folder of your own photos, instead of drawn ones.")] = None,
    end: Annotated[bool, typer.Option("--exit", help="End after the table instead of staying up.")] = False,
    port: Annotated[int, typer.Option(help="Port of the demo's service.")] = 8000,
) -> None:
    """Play one full loop over HTTP, then stay up with a page to drop a photo on."""
    try:
        from service.demo.installation import DemoFailed, Installation
        from service.demo.play import play, play_own_photos
    except ImportError as error:
        fail(f"The demo retrains, which this installation cannot: {error}.", "pip install 'shelfloop[train]'")
    if photos is not None and not photos.is_dir():
        fail(f"{photos} is not a folder.", "make demo PHOTOS=folder wants a folder of photos.")
    try:
        # Nobody sends photos beside the demo, so its candidates would be in shadow for a day.
        with Installation(_HOME.absolute(), port, shadow__captures="0") as installation:
            if photos is None:
                play(installation, _ANNOTATOR_MINUTES)
            else:
                play_own_photos(installation, photos)
            if not end:
                key = installation.key(Role.ENGINEER)
                output.print(f"\nDrop a photo here: [bold]{installation.url}/#key={key}[/]\nCtrl-C ends the demo.")
                installation.wait()
    except DemoFailed as error:
        fail(str(error))
    except KeyboardInterrupt:
        output.print("The demo has ended; its data stays in var/demo until the next one.")

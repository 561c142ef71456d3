"""`shelfloop webhooks`: who is told of events, through a running service."""

from typing import Annotated

import typer

from service.cli.remote import Key, Url, call
from service.cli.terminal import output
from service.webhooks.queries import DeliveryState

app = typer.Typer(help="Webhooks of a running service; `shelfloop worker` sends them.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="The webhook's id.")]


@app.command()
def add(
    receiver: Annotated[str, typer.Argument(help="Address that events are sent to.")],
    key: Key,
    url: Url = "http://127.0.0.1:8000",
    store: Annotated[list[str] | None, typer.Option(help="Only of this store; may be repeated.")] = None,
) -> None:
    """Add a webhook and print its id and its secret, once."""
    wanted = {"url": receiver, "store_ids": store or None}
    webhook = call(url, key, "POST", "/v1/webhooks", json=wanted).json()
    output.print(f"{webhook['id']}  {webhook['secret']}")


@app.command(name="list")
def list_all(key: Key, url: Url = "http://127.0.0.1:8000") -> None:
    """List webhooks and what waits for them."""
    for webhook in call(url, key, "GET", "/v1/webhooks").json():
        stores = "all stores" if webhook["store_ids"] is None else ", ".join(webhook["store_ids"])
        state = "disabled by its receiver" if webhook["disabled_at"] else f"{webhook['waiting']} waiting"
        if webhook["failures"]:
            state += f", {webhook['failures']} failed attempts, next {webhook['next_attempt_at']}"
        output.print(f"{webhook['id']}  {webhook['url']}  {stores}  {state}", markup=False)


@app.command()
def remove(id: Id, key: Key, url: Url = "http://127.0.0.1:8000") -> None:
    """Remove a webhook; what waits for it is not sent."""
    call(url, key, "DELETE", f"/v1/webhooks/{id}")
    output.print(f"Removed webhook {id}.")


@app.command()
def deliveries(
    id: Id,
    key: Key,
    url: Url = "http://127.0.0.1:8000",
    state: Annotated[DeliveryState | None, typer.Option(help="Only of this state.")] = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
) -> None:
    """List what a webhook was or is to be told, newest first."""
    wanted = {"limit": most} if state is None else {"limit": most, "state": state}
    for one in call(url, key, "GET", f"/v1/webhooks/{id}/deliveries", params=wanted).json()["deliveries"]:
        error = f"  {one['error']}" if one["error"] else ""
        output.print(f"{one['id']}  {one['event']}  {one['state']}, attempt {one['attempts']}{error}", markup=False)


@app.command()
def retry(
    id: Id,
    delivery: Annotated[str, typer.Argument(help="The delivery's id.")],
    key: Key,
    url: Url = "http://127.0.0.1:8000",
) -> None:
    """Send a delivery that was given up again, or one that waits at once."""
    call(url, key, "POST", f"/v1/webhooks/{id}/deliveries/{delivery}/retry")
    output.print(f"Delivery {delivery} is sent next.")

"""`shelfloop guidelines`: the annotators' rules, through a running service."""

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from service.cli.remote import Key, Url, call
from service.cli.terminal import fail, output

app = typer.Typer(help="Guidelines: read, change, pilot, and see which rules are missing.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be queued again, and change nothing.")]
Version = Annotated[int, typer.Argument(help="Its number.")]
_PARTS = ("text", "rules", "when_to_skip", "when_to_escalate")


@app.command()
def show(
    key: Key,
    url: Url = LOCAL,
    version: Annotated[int | None, typer.Option(help="Its number; without it, the one in force.")] = None,
    to: Annotated[Path | None, typer.Option(help="YAML file to write it to, to change it and put it in again.")] = None,
) -> None:
    """Show a version, or write it to a file."""
    path = "in-force" if version is None else str(version)
    guideline = call(url, key, "GET", f"/v1/guidelines/{path}").json()
    if to is not None:
        document = {name: guideline[name] for name in _PARTS}
        to.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120))
        output.print(f"Version {guideline['version']} is in {to}.")
        return
    output.print(f"[bold]Version {guideline['version']}[/]  {guideline['text']}")
    for rule in guideline["rules"]:
        output.print(f"[bold]{rule['id']}[/]  {rule['boundary']}, {', '.join(rule['kinds'])}: {rule['text']}")


@app.command(name="list")
def list_all(key: Key, url: Url = LOCAL) -> None:
    """List all versions, the newest first."""
    answer = call(url, key, "GET", "/v1/guidelines").json()
    for one in answer["versions"]:
        state = "in force" if one["version"] == answer["in_force"] else "earlier" if one["in_force_since"] else "draft"
        output.print(f"[bold]{one['version']}[/]  {state}  by {one['by']}: {one['note']}")


@app.command()
def put(
    file: Annotated[Path, typer.Argument(help="YAML file, as `show --to` writes it.")],
    key: Key,
    url: Url = LOCAL,
    note: Annotated[str, typer.Option(help="What changed, and why.")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="For pilots only, until `enforce` puts it in force.")] = False,
    wording_only: Annotated[
        list[str] | None, typer.Option(help="A rule that says the same in other words; may be given again.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Put a new version in; labelled tasks that its changed rules alter are queued again."""
    try:
        document = yaml.safe_load(file.read_text())
    except (OSError, yaml.YAMLError) as error:
        fail(f"{file} cannot be read: {error}", "Give a YAML file; `shelfloop guidelines show --to FILE` writes one.")
    if not isinstance(document, dict):
        fail(f"{file} holds no guideline.", "`shelfloop guidelines show --to FILE` writes one.")
    body = {**document, "note": note, "draft": draft, "wording_only": wording_only or []}
    _tell(call(url, key, "PUT", "/v1/guidelines", params={"dry_run": dry_run}, json=body).json())


@app.command()
def enforce(
    version: Version,
    key: Key,
    url: Url = LOCAL,
    in_spite_of_pilot: Annotated[
        bool, typer.Option("--in-spite-of-pilot", help="Although its pilot was a no-go.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Put a draft in force; labelled tasks that it alters are queued again."""
    params = {"dry_run": dry_run, "in_spite_of_pilot": in_spite_of_pilot}
    _tell(call(url, key, "POST", f"/v1/guidelines/{version}/put-in-force", params=params).json())


@app.command()
def requeue(version: Version, key: Key, url: Url = LOCAL, dry_run: DryRun = False) -> None:
    """Queue again what was labelled by earlier rules after a version was put in force: by who had leased before."""
    _tell(call(url, key, "POST", f"/v1/guidelines/{version}/requeue", params={"dry_run": dry_run}).json())


@app.command()
def missing(key: Key, url: Url = LOCAL) -> None:
    """Say which rules are missing: answers that people take for each other."""
    answer = call(url, key, "GET", "/v1/guidelines/missing-rules").json()
    output.print(f"{answer['compared']} tasks that several people labelled.")
    for found in answer["rules"]:
        pair = found["pair"]
        what = "no rule decides" if found["missing"] else f"{', '.join(rule['id'] for rule in found['rules'])} fail"
        output.print(f"[bold]{pair['one_name']} / {pair['other_name']}[/]  {pair['confusion']:.0%} differ; {what}")


@app.command()
def health(key: Key, url: Url = LOCAL) -> None:
    """Say which products cannot be told apart, which are two, and what is wrong in the category tree."""
    answer = call(url, key, "GET", "/v1/catalogue/health").json()
    for found in answer["confused"]:
        output.print(f"[bold]{found['one']['name']} / {found['other']['name']}[/]  {found['why']}")
    for found in answer["split"]:
        output.print(f"[bold]{found['product']['name']}[/]  {found['why']}")
    for found in answer["tree"]:
        output.print(f"[bold]{', '.join(found['categories'] or found['products'])}[/]  {found['advice']}")


@app.command()
def pilot(
    name: Annotated[str, typer.Argument(help="What is tried: a product family, a changed rule.")],
    key: Key,
    url: Url = LOCAL,
    category: Annotated[str | None, typer.Option(help='Of the products, as "drinks/juice".')] = None,
    version: Annotated[int | None, typer.Option(help="Of the guideline; without it, the one in force.")] = None,
    tasks: Annotated[int, typer.Option(help="At most.")] = 20,
    annotators: Annotated[int, typer.Option(help="How many people label each.")] = 3,
) -> None:
    """Let several people label a few waiting tasks each, ahead of others."""
    body = {
        "name": name, "category": category, "guideline_version": version, "tasks": tasks, "annotators": annotators,
    }  # fmt: skip
    started = call(url, key, "POST", "/v1/pilots", json=body).json()
    output.print(f"Pilot [bold]{started['id']}[/] of {len(started['task_ids'])} tasks.")


@app.command()
def pilots(key: Key, url: Url = LOCAL) -> None:
    """List pilots, the newest first."""
    for one in call(url, key, "GET", "/v1/pilots").json():
        output.print(f"[bold]{one['id']}[/]  {one['name']}: {one['verdict'] or 'open'}, {one['given']}/{one['wanted']}")


@app.command()
def decide(
    id: Annotated[str, typer.Argument(help="The pilot's id.")],
    key: Key,
    url: Url = LOCAL,
    early: Annotated[bool, typer.Option("--early", help="Although answers are missing.")] = False,
) -> None:
    """End a pilot with a go or a no-go."""
    ended = call(url, key, "POST", f"/v1/pilots/{id}/decide", json={"early": early}).json()
    output.print(f"[bold]{'Go' if ended['verdict'] == 'go' else 'No-go'}[/]")
    for reason in ended["result"]["reasons"]:
        output.print(reason)


def _tell(answer: dict[str, Any]) -> None:
    for change in answer["changes"]:
        output.print(f"[bold]{change['rule']}[/]  {change['change']}, alters {change['alters']} labelled tasks")
    if not answer["changed"] and not answer["changes"]:
        output.print(f"Version {answer['version']} says this already; nothing changed.")
        return
    verb = "would be queued again" if answer["dry_run"] or not answer["in_force"] else "queued again"
    output.print(f"Version {answer['version']}: {answer['altered']} labelled tasks {verb}.")

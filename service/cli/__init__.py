"""The command line: one file for each capability, registered here."""

import typer

from service.cli import (
    analyze,
    annotations,
    captures,
    catalogue,
    checkout,
    clips,
    compliance,
    coverage,
    database,
    demo,
    drift,
    embedders,
    guidelines,
    keys,
    label_studio,
    models,
    planograms,
    privacy,
    products,
    quality,
    reports,
    retrainings,
    rounds,
    savings,
    scale,
    serve,
    simulate,
    snapshots,
    stores,
    tasks,
    webhooks,
    worker,
)

app = typer.Typer(
    name="shelfloop",
    help="Shelfloop watches shelves and learns from them. Settings: SHELFLOOP_CONFIG and SHELFLOOP_… variables.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they would show keys
)
app.command(name="serve")(serve.serve)
app.command(name="worker")(worker.worker)
app.command(name="demo")(demo.demo)
app.command(name="analyze")(analyze.analyze)
app.command(name="checkout")(checkout.checkout)
app.command(name="compliance")(compliance.compliance)
app.command(name="simulate")(simulate.simulate)
app.command(name="coverage")(coverage.coverage)
app.command(name="drift")(drift.drift)
app.add_typer(captures.app, name="captures")
app.add_typer(clips.app, name="clips")
app.add_typer(stores.app, name="stores")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(reports.app, name="reports")
app.add_typer(planograms.app, name="planograms")
app.add_typer(rounds.app, name="rounds")
app.add_typer(savings.app, name="savings")
app.add_typer(tasks.app, name="tasks")
app.add_typer(guidelines.app, name="guidelines")
app.add_typer(quality.app, name="quality")
app.add_typer(annotations.app, name="annotations")
app.add_typer(label_studio.app, name="label-studio")
app.add_typer(retrainings.app, name="retrainings")
app.add_typer(snapshots.app, name="snapshots")
app.add_typer(models.app, name="models")
app.add_typer(products.app, name="products")
app.add_typer(embedders.app, name="embedders")
app.add_typer(scale.app, name="scale")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(privacy.app, name="privacy")
app.add_typer(keys.app, name="keys")
app.add_typer(database.app, name="database")

"""The application: every door of the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Thread

from anyio.to_thread import run_sync
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from service.annotation_files.routes import router as annotation_files
from service.auth.routes import router as keys
from service.azure.routes import router as azure
from service.bays.routes import router as bays
from service.bodies import LimitBodies
from service.captures.admission import Admission
from service.captures.routes import router as captures
from service.captures.routes_crops import router as crops
from service.catalogue.files.routes import router as catalogue_files
from service.catalogue.routes import router as catalogue
from service.catalogue.routes_assortments import router as assortments
from service.catalogue.routes_changes import router as catalogue_changes
from service.catalogue.routes_events import router as catalogue_events
from service.checkout.coverage_routes import router as view_coverage
from service.checkout.routes import router as checkout
from service.clips.routes import router as clips
from service.clips.routes_tasks import router as clip_tasks
from service.compliance.routes import router as compliance
from service.context import Context
from service.coverage.routes import router as coverage
from service.drift.routes import router as drift
from service.guidelines.publishing import keep_shipped
from service.guidelines.routes import router as guidelines
from service.guidelines.routes_pilots import router as pilots
from service.guidelines.routes_reports import router as guideline_reports
from service.health.routes import router as health
from service.label_studio.routes import router as label_studio
from service.metrics import MeasureRequests
from service.models.routes import router as models
from service.models.starter import ensure_starter
from service.naming.reference_routes import router as references
from service.naming.routes import router as naming
from service.pages.routes import router as pages
from service.planograms.routes import router as planograms
from service.planograms.routes_bays import router as bay_planograms
from service.planograms.routes_files import router as planogram_files
from service.privacy.audit import keep_refusal
from service.privacy.routes import router as privacy
from service.problems import install_problem_handlers
from service.quality.routes import router as quality
from service.quality.routes_reviews import router as reviews
from service.reports.routes import router as reports
from service.retrainings.routes import router as retrainings
from service.retrainings.routes_report import router as retraining_reports
from service.rounds.routes import router as rounds
from service.rounds.routes_explaining import router as round_explanations
from service.savings.routes import router as savings
from service.shadow.routes import router as shadows
from service.snapshots.routes import router as snapshots
from service.stores.routes import router as stores
from service.tasks.held_routes import router as held_tasks
from service.tasks.routes import router as tasks
from service.tasks.showing_routes import router as task_views
from service.tasks.siblings import Siblings
from service.tasks.verdict_routes import router as task_verdicts
from service.triggers.routes import router as triggers
from service.unknowns.clusters import Clusters
from service.unknowns.crops import Crops
from service.unknowns.routes import router as unknowns
from service.webhooks.events import documented as webhook_events
from service.webhooks.routes import router as webhooks

# A request is held against one route after the other: those of photos and of tasks, asked most often, come first.
ROUTERS = (
    captures,
    held_tasks,  # before tasks, which would take `held` for an id
    tasks,
    health,
    keys,
    stores,
    bays,
    view_coverage,  # before the catalogue, which would take `views` for a GTIN
    catalogue,
    catalogue_events,
    catalogue_changes,
    catalogue_files,
    assortments,
    planograms,
    bay_planograms,
    planogram_files,
    azure,
    references,
    naming,
    crops,
    compliance,
    checkout,
    reports,
    rounds,
    drift,
    round_explanations,
    savings,
    coverage,
    guideline_reports,  # before the guidelines, which would take `missing-rules` for a version
    guidelines,
    pilots,
    task_verdicts,
    task_views,
    clip_tasks,  # before the clips, which would take `tasks` for an id
    clips,
    reviews,
    quality,
    retrainings,
    retraining_reports,
    triggers,
    snapshots,
    models,
    shadows,
    annotation_files,
    label_studio,
    unknowns,
    webhooks,
    privacy,
    pages,
)
STATIC = Path(__file__).parent / "pages" / "static"


def create_app(context: Context) -> FastAPI:
    """Make the application around a context; starting it loads the model, stopping it closes the context."""
    app = FastAPI(
        title="Shelfloop",
        version=_version(),
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        webhooks=webhook_events,
    )
    furnish(app, context)
    app.add_middleware(LimitBodies)
    app.add_middleware(MeasureRequests)
    install_problem_handlers(app, keep_refusal)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def furnish(app: FastAPI, context: Context) -> None:
    """Give an application that is not running what its routes ask for: a context, and what they remember."""
    app.state.context = context
    app.state.admission = Admission(context.settings.admission.at_once, context.settings.admission.waiting)
    app.state.clusters = Clusters()
    app.state.siblings = Siblings()
    app.state.crops = Crops(context.database, context.images)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    context: Context = app.state.context
    try:
        await run_sync(_start, context)
        yield
    finally:
        app.state.admission.close()
        context.naming.stop()
        context.serving.stop()
        context.database.close()


def _start(context: Context) -> None:
    with context.database.write() as session:
        ensure_starter(session, context.clock())
        keep_shipped(session)
    context.naming.start()
    context.serving.start()
    # What matching planograms needs of SciPy: nobody waits for it to be ready, nor should the first photo of a bay.
    Thread(target=import_module, args=("scipy.stats",), name="imports", daemon=True).start()


def _version() -> str:
    try:
        return version("shelfloop")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"

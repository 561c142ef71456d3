"""Pages. They carry no data: their script calls the API with the reader's own key."""

from fastapi import APIRouter, Request, Response

from service.pages.api import operations_of
from service.pages.jinja import templates
from service.pages.label import router as label

router = APIRouter(include_in_schema=False)
router.include_router(label)


@router.get("/")
def try_a_photo(request: Request) -> Response:
    """Show the page on which a photo can be tried."""
    return templates.TemplateResponse(request, "try_a_photo.html")


@router.get("/bays")
def list_bays(request: Request) -> Response:
    """Show the page with every bay and how it kept its planogram last."""
    return templates.TemplateResponse(request, "bays.html")


@router.get("/bays/{bay_id}")
def watch_bay(request: Request, bay_id: str) -> Response:
    """Show one bay: its photo and its planogram side by side, and its history."""
    return templates.TemplateResponse(request, "bay.html")


@router.get("/reports")
def show_reports(request: Request) -> Response:
    """Show the page on which stores and weeks are compared."""
    return templates.TemplateResponse(request, "reports.html")


@router.get("/unknowns")
def name_unknowns(request: Request) -> Response:
    """Show the page on which unknown facings are named, many at once."""
    return templates.TemplateResponse(request, "unknowns.html")


@router.get("/rounds")
def list_rounds(request: Request) -> Response:
    """Show the page with every round, on which another one is started, and what the labels cover."""
    return templates.TemplateResponse(request, "rounds.html")


@router.get("/rounds/{round_id}")
def explain_round(request: Request, round_id: str) -> Response:
    """Show one round: its picks with their reasons, where they lie in the pool, and what they cover."""
    return templates.TemplateResponse(request, "round.html")


@router.get("/clips")
def list_clips(request: Request) -> Response:
    """Show the page with every clip, on which another one is sent, and what was labelled in them."""
    return templates.TemplateResponse(request, "clips.html")


@router.get("/clips/label")
def label_clips(request: Request) -> Response:
    """Show one piece of a clip after the other, to mark events in."""
    return templates.TemplateResponse(request, "clip_label.html")


@router.get("/products")
def look_after_products(request: Request) -> Response:
    """Show the page with the catalogue's products and the pictures they are known by."""
    return templates.TemplateResponse(request, "products.html")


@router.get("/retrainings")
def watch_retrainings(request: Request) -> Response:
    """Show the page on which a retraining is ordered and watched, and why its candidate serves or does not."""
    return templates.TemplateResponse(request, "retrainings.html")


@router.get("/models")
def compare_models(request: Request) -> Response:
    """Show the page with every model, under each condition, on which another one is made to serve."""
    return templates.TemplateResponse(request, "models.html")


@router.get("/coverage")
def audit_coverage(request: Request) -> Response:
    """Show what the serving model was trained on beside what cameras send, and which photos to get next."""
    return templates.TemplateResponse(request, "coverage.html")


@router.get("/drift")
def show_drift(request: Request) -> Response:
    """Show which cameras' photos changed, with pictures of before and now."""
    return templates.TemplateResponse(request, "drift.html")


@router.get("/guidelines")
def show_guidelines(request: Request) -> Response:
    """Show the annotators' rules, which are missing, what the catalogue makes hard, and pilots."""
    return templates.TemplateResponse(request, "guidelines.html")


@router.get("/quality")
def show_quality(request: Request) -> Response:
    """Show reviews, one after the other, and how right and how alike annotators label."""
    return templates.TemplateResponse(request, "quality.html")


@router.get("/docs")
def describe_api(request: Request) -> Response:
    """Show what the API can do; FastAPI's own page would load its script from somebody else's server."""
    operations = operations_of(request.app.openapi())
    return templates.TemplateResponse(request, "api.html", {"operations": operations})

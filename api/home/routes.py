"""`GET /`, `/docs` and their files: all our own, so that no page asks anything of another host."""

import hashlib
from importlib.resources import files

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from api import problems
from api.context import context_of
from api.etl.routes import prefect_ui
from api.negotiation import preferences
from api.responses import given_header, system_answer
from kasparro.settings import is_demo

MEDIA_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "html": "text/html",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ENDPOINTS = {
    "data": "/data",
    "coin": "/coins/{canonical_id}",
    "changes": "/changes",
    "resolve": "/resolve",
    "news": "/news",
    "drift": "/drift",
    "identity_quality": "/identity/quality",
    "identity_review": "/identity/review",
    "runs": "/runs",
    "compare_runs": "/compare-runs",
    "stream": "/stream",
    "stats": "/stats",
    "health": "/health",
    "metrics": "/metrics",
    "trigger": "/etl/trigger",
    "docs": "/docs",
    "openapi": "/openapi.json",
}
PAGES = {
    "index.html": ("Kasparro", "main", "pages"),
    "coin.html": ("Coin · Kasparro", "coin", "pages"),
    "changes.html": ("Changes · Kasparro", "changes", "pages"),
    "quality.html": ("Quality · Kasparro", "quality", "pages"),
    "runs.html": ("Runs · Kasparro", "runs", "pages"),
    "docs.html": ("Kasparro API", "docs", "docs"),
    "missing.html": ("Not found · Kasparro", "missing", "pages"),
}
"""Title, script and style sheet of each page; its file is what stands between the head and the foot of them all."""


def _read() -> dict[str, bytes]:
    """Every file of the dashboard, pages put into their layout."""
    folder = files("api") / "dashboard"
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.name.endswith(tuple(MEDIA_TYPES))}
    layout = found.pop("layout.html").decode()
    for name, (title, script, style) in PAGES.items():
        page = layout
        for place, text in (("title", title), ("script", script), ("style", style), ("main", found[name].decode())):
            page = page.replace(f"{{{place}}}", text)
        found[name] = page.encode()
    return found


FILES = _read()
MISSING = FILES.pop("missing.html")
TAGS = {name: f'"{hashlib.sha256(content).hexdigest()[:16]}"' for name, content in FILES.items()}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(request: Request) -> Response:
    """The dashboard where HTML is preferred, else what there is and where."""
    if _prefers_html(given_header(request, b"accept") or b""):
        answer = _file(request, "index.html")
        answer.headers["Vary"] = "Accept, Accept-Encoding"
        return answer
    context = context_of(request)
    snapshot = context.keeper.current
    answer = system_answer(
        request,
        {
            "name": "Kasparro",
            "description": request.app.description,
            "version": snapshot.version,
            "published_at": snapshot.published_at,
            "invented": is_demo(context.settings),
            "endpoints": ENDPOINTS,
            "prefect": prefect_ui(context, request),
        },
    )
    answer.headers["Vary"] = "Accept, Accept-Encoding"
    return answer


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The API's reference."""
    return _file(request, "docs.html")


@router.get("/dashboard/{name}")
async def dashboard_file(request: Request, name: str) -> Response:
    """A page of the dashboard, without an ending, or a file that pages need."""
    return _file(request, name if "." in name else f"{name}.html")


def not_found(request: Request, error: Exception) -> Response:
    """The answer where there is nothing: a page where HTML is preferred, else the problem."""
    if request.method == "GET" and _prefers_html(given_header(request, b"accept") or b""):
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        answer = Response(MISSING, 404, headers, MEDIA_TYPES["html"])
    else:
        answer = problems.on_http(request, error)
    answer.headers["Vary"] = "Accept, Accept-Encoding"
    return answer


def _file(request: Request, name: str) -> Response:
    if name not in FILES:
        raise HTTPException(404)
    headers = {
        "Content-Security-Policy": POLICY,
        "ETag": TAGS[name],
        "Cache-Control": "no-cache",
    }
    if request.headers.get("if-none-match") == TAGS[name]:
        return Response(status_code=304, headers=headers)
    return Response(FILES[name], headers=headers, media_type=MEDIA_TYPES[name.rpartition(".")[2]])


def _prefers_html(accept: bytes) -> bool:
    """Whether HTML comes before JSON in an Accept header; a browser always names it."""
    wanted = preferences(accept)
    return wanted.get("text/html", 0.0) > wanted.get("application/json", 0.0)

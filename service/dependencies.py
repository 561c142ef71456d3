"""What routes ask FastAPI for."""

from typing import Annotated

from fastapi import Depends, Request

from service.context import Context


async def get_context(request: Request) -> Context:
    """Return what the application was made with; `async`, because FastAPI sends any other function to a thread."""
    context: Context = request.app.state.context
    return context


# Routes open their own transaction: `with context.database.write() as session:`. A dependency with `yield` would
# hold SQLite's write lock across three visits to the thread pool, and enough of them waiting for that lock would
# keep the holder from ever getting the thread it needs to finish.
ContextOf = Annotated[Context, Depends(get_context)]

import pytest

from tests.service.rounds.laid_out import lay_out_rounds


@pytest.fixture
def laid_out(context, clock, client, make_photo):
    """Two rounds by hand; see `laid_out.py`."""
    with context.database.write() as session:
        return lay_out_rounds(session, context.images, make_photo(1), clock.now)

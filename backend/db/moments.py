"""How moments are written for the database; importing it makes it so for the process."""

from datetime import UTC, datetime, timedelta
from typing import cast

from psycopg2.extensions import ISQLQuote, TimestampFromPy, register_adapter

_FARTHEST = timedelta(hours=15, minutes=59)
"""PostgreSQL refuses offsets beyond it; Python and JSON have them up to 24 hours."""

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def adapt_moment(moment: datetime) -> ISQLQuote:
    """Return a moment for the driver, in UTC where its offset is none that PostgreSQL reads.

    One that UTC's calendar does not reach becomes that calendar's first or last moment.
    """
    offset = moment.utcoffset()
    if offset is not None and abs(offset) > _FARTHEST:
        moment = _in_utc(moment.replace(tzinfo=None), offset)
    return cast("ISQLQuote", TimestampFromPy(moment))


def _in_utc(local: datetime, offset: timedelta) -> datetime:
    try:
        return (local - offset).replace(tzinfo=UTC)
    except OverflowError:
        return _FIRST if offset > timedelta(0) else _LAST


register_adapter(datetime, adapt_moment)

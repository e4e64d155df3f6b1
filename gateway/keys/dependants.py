"""What in the content database would still need the private half of an encryption key: asked, not assumed."""

from collections import Counter
from pathlib import Path

import orjson
from sqlalchemy import Engine, func, select

from gateway.keys.life import Facts
from gateway.store.engine import open_engine
from gateway.store.tables import content, metadata

#: The forms of stored content that are sealed under a data key and open without any key of LTP-1.
INDEPENDENT = frozenset({"body", "jws"})


def facts(store: Path, now: int) -> Facts:
    """What the database at ``store`` says of every key; what the directory lists is left open."""
    if not store.exists():
        return Facts()
    engine = open_engine(store, writer=False)
    try:
        return Facts(waiting=_waiting(engine, now), unknown=_unknown(engine))
    finally:
        engine.dispose()


def _waiting(engine: Engine, now: int) -> Counter[str]:
    """Envelopes that are kept and not over, by the ids that they are sealed to, wherever a table keeps one."""
    found: Counter[str] = Counter()
    with engine.connect() as connection:
        for table in metadata.tables.values():
            if "envelope" not in table.c:
                continue
            query = select(table.c.envelope).where(table.c.envelope.isnot(None), table.c.exp > now)
            for row in connection.execution_options(yield_per=50).execute(query):
                entries = orjson.loads(row.envelope)["recipients"]
                found.update(entry["header"]["kid"] for entry in entries)
    return found


def _unknown(engine: Engine) -> int:
    query = select(func.count()).select_from(content).where(content.c.form.notin_(INDEPENDENT))
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())

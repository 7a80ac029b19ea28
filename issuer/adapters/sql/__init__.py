"""The issuer's stores in SQL: SQLite and PostgreSQL alike. Threads may share every store."""

from issuer.adapters.sql.credentials import SqlCredentials
from issuer.adapters.sql.offers import SqlOffers
from issuer.adapters.sql.records import SqlRecords
from issuer.adapters.sql.status_lists import SqlStatusLists
from issuer.adapters.sql.tables import METADATA

__all__ = ["METADATA", "SqlCredentials", "SqlOffers", "SqlRecords", "SqlStatusLists"]

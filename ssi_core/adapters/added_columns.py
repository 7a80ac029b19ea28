"""Columns that a table has got since a database was made: they are added, and empty."""

from sqlalchemy import Connection, MetaData, inspect


def add_columns(connection: Connection, metadata: MetaData) -> None:
    """Add to the tables of `metadata` the columns that may be empty and are not there yet."""
    looked, quote = inspect(connection), connection.dialect.identifier_preparer.quote
    for table in metadata.sorted_tables:
        there = {column["name"] for column in looked.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there and column.nullable:
                kind = column.type.compile(connection.dialect)
                added = f"{quote(table.name)} ADD COLUMN {quote(column.name)} {kind}"
                connection.exec_driver_sql(f"ALTER TABLE {added}")

import socket

from sqlalchemy import create_engine, text

from consentry.doctor.databases import DatabaseFacts, judge_database, look_at_databases
from consentry.doctor.finding import Finding, Verdict

SETTING = "CONSENTRY_REGISTRY_DATABASE"


def judged(url: str) -> Finding:
    (facts,) = look_at_databases({SETTING: url})
    (finding,) = judge_database(facts)
    return finding


def test_a_database_that_answers_is_good(postgres_url: str) -> None:
    finding = judged(postgres_url)

    assert finding.verdict is Verdict.GOOD
    assert finding.found.startswith("PostgreSQL ")


def test_a_database_in_which_no_table_can_be_made_is_wrong(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public"))
    engine.dispose()

    finding = judged(postgres_url)

    assert finding.verdict is Verdict.WRONG
    assert "GRANT CREATE" in finding.remedy


def test_a_database_that_is_not_there_is_wrong_and_its_password_is_not_shown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    finding = judged(f"postgresql+psycopg://user:planted@127.0.0.1:{port}/none")

    assert finding.verdict is Verdict.WRONG
    assert finding.check == f"database of {SETTING}"
    assert "planted" not in str(finding)


def test_a_database_of_another_kind_is_wrong() -> None:
    finding = judged("mysql://user:planted@127.0.0.1/none")

    assert finding.verdict is Verdict.WRONG
    assert "planted" not in str(finding)


def test_an_old_database_is_wrong() -> None:
    (finding,) = judge_database(DatabaseFacts(setting=SETTING, version=130_012, may_create=True))

    assert (finding.verdict, finding.found) == (Verdict.WRONG, "PostgreSQL 13.12")


def test_a_file_is_looked_at_with_its_folder_and_not_here() -> None:
    assert look_at_databases({SETTING: "sqlite:///registry.db"}) == ()

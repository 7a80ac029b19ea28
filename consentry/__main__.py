"""`python -m consentry` is the command line."""

from consentry.cli import run

run()

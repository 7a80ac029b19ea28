"""What is missing or wrong on this machine, and what to do about it."""

from consentry.doctor.command import doctor

__all__ = ["doctor"]

"""What was agreed and what follows from it: grants, purposes, decisions, receipts."""

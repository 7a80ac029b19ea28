"""What a verifier asks for, what a holder answers, and what binds the two."""

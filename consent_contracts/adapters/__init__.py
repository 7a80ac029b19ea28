"""What the room needs from outside, one technology per file."""

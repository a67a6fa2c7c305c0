"""What Daybook does: one file for each thing. Everything slow, unsteady or outside is handed in."""

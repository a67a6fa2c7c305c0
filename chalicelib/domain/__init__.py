"""What Daybook computes, without clock, environment or network."""

"""Networks at work: the student and what it needs to be loaded and asked."""

"""One file per rule; each decides on a kind of claim."""

"""Published rows, recomputed from their provenance."""

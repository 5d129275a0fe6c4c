"""Figures of label distortion against rate and distortion, from the result tables."""

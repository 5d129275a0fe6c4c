"""Figures of label distortion against rate and distortion, drawn from the result tables."""

"""Preparation of a data set: external files become labelled, binarised splits."""

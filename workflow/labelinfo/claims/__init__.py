"""What the results say: headline numbers, and a verdict on each claim of the paper."""

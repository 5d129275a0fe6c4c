"""What the paper reports, to be compared with.

Fertig, Arbabi & Alemi (2018), https://arxiv.org/abs/1812.02682. Its settings for the convolutional
classifier are the defaults of ``classifier.networks`` in the configuration's schema.
"""

# Best number of principal components, by task: section 3, on the solid green line of Figure 1.
BEST_PCA_DIMENSION = {"digit": 30, "alphabet": 42, "character": 42}

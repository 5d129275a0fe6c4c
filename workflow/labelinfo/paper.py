"""Numbers that the paper reports, for comparison.

Fertig, Arbabi & Alemi (2018), https://arxiv.org/abs/1812.02682. Its settings for the convolutional
classifier are the defaults of ``classifier.networks`` in the configuration.
"""

# The paper's data sets, and their names in the configuration in order of preference. Later names
# are stand-ins for the first.
DATASETS = {"mnist": ("mnist_static", "sample"), "omniglot": ("omniglot", "omniglot_rebuilt")}
# Differences of the stand-ins from the paper's data.
STAND_INS = {
    "omniglot_rebuilt": "another split than the paper's",
    "sample": "a small sample of the paper's digits",
}
# Best number of principal components, by task: section 3, on the solid green line of Figure 1.
BEST_PCA_DIMENSION = {"digit": 30, "alphabet": 42, "character": 42}
# Rate in nats above which nearly all of the digit is retained: section 3, on Figure 2.
GENERIC_RATE_NATS = 17.0
EARLIEST_RATE_NATS = 8.0
# Compression factors H(X) / R at which it is: section 3.
GENERIC_FACTOR = 4.0
LARGEST_FACTOR = 9.0
# The rate near which a few networks prefer the alphabet, in nats: section 3.
ALPHABET_RATE_NATS = 10.0
# Chance that a draw of 70 or 10 of 100 balls has all 3 red ones, in percent as printed: section 1.
BALLS_PERCENT = {70: "34", 10: "0.1"}

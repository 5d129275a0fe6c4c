"""What the paper reports, to be compared with.

Fertig, Arbabi & Alemi (2018), https://arxiv.org/abs/1812.02682. Its settings for the convolutional
classifier are the defaults of ``classifier.networks`` in the configuration's schema.
"""

# The paper's data sets, each by the names that the configuration may have for it. Where the first
# is not at hand, the next one stands in for it.
DATASETS = {"mnist": ("mnist_static", "sample"), "omniglot": ("omniglot", "omniglot_rebuilt")}
# In what they differ from the paper's.
STAND_INS = {
    "omniglot_rebuilt": "another split than the paper's",
    "sample": "a small sample of the paper's digits",
}
# Best number of principal components, by task: section 3, on the solid green line of Figure 1.
BEST_PCA_DIMENSION = {"digit": 30, "alphabet": 42, "character": 42}
# Rates in nats from which on nearly all of the digit is retained: section 3, on Figure 2.
GENERIC_RATE_NATS = 17.0
EARLIEST_RATE_NATS = 8.0
# Compression factors H(X) / R at which it is: section 3.
GENERIC_FACTOR = 4.0
LARGEST_FACTOR = 9.0
# The rate near which a few networks prefer the alphabet, in nats: section 3.
ALPHABET_RATE_NATS = 10.0
# Chances that so many of 100 balls hold all 3 red ones, in percent as printed: section 1.
BALLS_PERCENT = {70: "34", 10: "0.1"}

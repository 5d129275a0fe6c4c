"""From files of others to one prepared, labelled, split data set."""

"""Published rows, made anew from what they say of their origin."""

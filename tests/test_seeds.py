"""Seeds depend only on the identity."""

import math

import pytest

from labelinfo.seeds import derive_seed
from processes import python

IDENTITY = ("mnist_static", "gaussian", "deconv", "gaussian", "0.5", 0, "train")
# The first eight bytes of SHA-256 over the identity as JSON, halved.
SEED = 6558134153782714327


def test_seeds_fill_63_bits():
    seeds = [derive_seed("x", number) for number in range(2000)]
    assert len(set(seeds)) == 2000
    assert min(seeds) >= 0
    assert 2**62 < max(seeds) < 2**63
    # each bit is set in half of them, within five standard errors
    for bit in range(63):
        assert abs(sum(seed >> bit & 1 for seed in seeds) - 1000) < 5 * 2000**0.5 / 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1,), (1.0,)),
        ((1,), ("1",)),
        ((1,), (True,)),
        (("a", "b"), ("b", "a")),
        (("a", "b"), ("ab",)),
        (("a", "b"), ('a", "b',)),
        (("a",), ("a", "")),
        (("β",), ("b",)),
        ((0.1,), (math.nextafter(0.1, 1),)),
    ],
)
def test_type_order_and_borders_of_the_parts_matter(one, other):
    assert derive_seed(*one) != derive_seed(*other)


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_the_seed_of_an_identity_never_changes_in_any_process(hash_seed):
    code = f"from labelinfo.seeds import derive_seed; print(derive_seed(*{IDENTITY!r}))"
    # Every published number depends on this value.
    assert int(python("-c", code, PYTHONHASHSEED=hash_seed).stdout) == SEED


@pytest.mark.parametrize("part", [float("nan"), float("inf")])
def test_a_part_that_is_no_number_is_refused(part):
    with pytest.raises(ValueError, match="JSON"):
        derive_seed("x", part)

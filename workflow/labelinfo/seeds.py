"""Seeds from identities, so that adding a run never changes another."""

import hashlib
import json


def derive_seed(*identity: str | int | float) -> int:
    """Return a 63-bit seed that depends on nothing but ``identity``.

    The seed is the head of SHA-256 over the JSON list of the parts, so it is the same in every
    process, on every machine, whatever else is in the sweep.

    Parameters
    ----------
    identity
        The parts that name what is seeded, such as data set, architecture, β, seed index and
        purpose (``"train"``, ``"probe"``). Order and type matter: ``1`` and ``1.0`` differ.

    Returns
    -------
    int
        A number in [0, 2⁶³).
    """
    text = json.dumps(list(identity), ensure_ascii=False, allow_nan=False)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1

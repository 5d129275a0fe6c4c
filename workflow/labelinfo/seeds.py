"""Seeds from identities, so that adding a run does not change any other run."""

import hashlib
import json


def derive_seed(*identity: str | int | float) -> int:
    """Return a 63-bit seed that depends only on ``identity``.

    The seed is the head of the SHA-256 of the JSON list of the parts, such as data set,
    architecture, β, seed index and purpose (``"train"``, ``"probe"``). So it is the same in every
    process, on every machine and in every sweep. Order and type matter: ``1`` and ``1.0`` differ.
    """
    text = json.dumps(list(identity), ensure_ascii=False, allow_nan=False)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1

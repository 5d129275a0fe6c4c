"""The baseline `simple_image`: the probes' networks on pixels."""

from pathlib import Path

from labelinfo.baselines.points import Point
from labelinfo.baselines.probed import write_probed
from labelinfo.config.probe_settings import TaskProbeSettings
from labelinfo.data.dataset import load_dataset
from labelinfo.probes.codes import Pixels
from labelinfo.provenance import describe
from labelinfo.training.device import resolve_device


def probe_images(
    task: str,
    seed: int,
    settings: TaskProbeSettings,
    *,
    files: dict[str, Path | str],
    device: str,
    code: str,
) -> None:
    """Train both probes on raw pixels and write their C and accuracy: `simple_image`.

    ``files`` are those of :func:`~labelinfo.baselines.probed.write_probed`.
    """
    dataset = load_dataset(files["dataset"])
    write_probed(
        files,
        dataset,
        Point(task, "simple_image", seed, {"hidden_units": settings.probe.hidden_units}),
        Pixels(dataset, resolve_device(device)),
        settings,
        (dataset.name, "simple_image", task, seed),
        describe("probe_images", code=code, config=settings.as_dict(), data=dataset.digests),
    )

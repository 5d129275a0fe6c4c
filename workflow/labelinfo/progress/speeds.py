"""How fast trainings were measured to be, for estimates before a sweep has measured its own."""

# images a second: docs/speed.md says on what they were measured, all at full width and batch 128
_TWO_CORES = {
    "gaussian-deconv-gaussian": 399,
    "gaussian-deconv-maf": 357,
    "gaussian-deconv-vamp": 140,
    "gaussian-pixelcnn-gaussian": 103,
    "gaussian-pixelcnn-maf": 101,
    "gaussian-pixelcnn-vamp": 61,
    "iaf-deconv-gaussian": 434,
    "iaf-deconv-maf": 424,
    "iaf-deconv-vamp": 155,
    "iaf-pixelcnn-gaussian": 103,
    "iaf-pixelcnn-maf": 88,
    "iaf-pixelcnn-vamp": 54,
}
_ONE_H200 = {
    "gaussian-deconv-gaussian": 104_777,
    "gaussian-deconv-maf": 73_166,
    "gaussian-deconv-vamp": 54_205,
    "gaussian-pixelcnn-gaussian": 24_308,
    "gaussian-pixelcnn-maf": 22_109,
    "gaussian-pixelcnn-vamp": 19_818,
}


def training_seconds(architecture: str, images: float, *, on_gpu: bool) -> float | None:
    """Return the seconds of a GPU or of a processor's core that training on so many images takes.

    None for an architecture that was not measured there.
    """
    cores, speeds = (1, _ONE_H200) if on_gpu else (2, _TWO_CORES)
    speed = speeds.get(architecture)
    return None if speed is None else cores * images / speed

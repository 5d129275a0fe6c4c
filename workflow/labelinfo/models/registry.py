"""The components that a configuration can name, and their classes.

A stage receives the import path, not this table, so a new line here makes no finished run stale.
"""

ENCODERS = {
    "mlp": "labelinfo.models.encoders.mlp:MlpEncoder",
    "gaussian": "labelinfo.models.encoders.gaussian:GaussianEncoder",
    "iaf": "labelinfo.models.encoders.iaf:IafEncoder",
}
DECODERS = {
    "mlp": "labelinfo.models.decoders.mlp:MlpDecoder",
    "deconv": "labelinfo.models.decoders.deconv:DeconvDecoder",
    "pixelcnn": "labelinfo.models.decoders.pixelcnn:PixelCnnDecoder",
    "pixelcnn_short": "labelinfo.models.decoders.pixelcnn:PixelCnnDecoder",
}
MARGINALS = {
    "gaussian": "labelinfo.models.marginals.gaussian:GaussianMarginal",
    "maf": "labelinfo.models.marginals.maf:MafMarginal",
    "vamp": "labelinfo.models.marginals.vamp:VampMarginal",
}
COMPONENTS = {"encoders": ENCODERS, "decoders": DECODERS, "marginals": MARGINALS}

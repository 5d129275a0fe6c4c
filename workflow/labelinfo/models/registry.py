"""The components that a configuration can name, each with the class that makes it.

A stage is handed the import path, not this table, so that a new line here leaves every finished
run as it is.
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

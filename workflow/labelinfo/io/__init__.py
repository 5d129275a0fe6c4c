"""Files of our own: atomic writes, Parquet tables, safetensors."""

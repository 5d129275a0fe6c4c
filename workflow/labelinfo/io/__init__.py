"""The workflow's own files: atomic writes, Parquet tables, safetensors."""

"""`POST /etl/trigger`: starts a pass."""

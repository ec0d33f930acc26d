"""Where records live: Parquet pieces, the cache of model calls, readers of problem sets.

Folders are local. Nothing here generates, judges or trains.
"""

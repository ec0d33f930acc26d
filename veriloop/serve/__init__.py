"""Engines over HTTP, so that other programs can use what runs here. OpenAI-compatible, loopback by default.

Only the wire lives here: generating, batching and scoring are the engine's business.
"""

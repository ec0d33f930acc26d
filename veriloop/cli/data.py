"""``veriloop data``: step-labelled data between published formats and Veriloop's records.

The formats are ``veriloop.store.formats``'s; what is done with the labels is ``veriloop label``'s and ``train``'s.
"""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Convert step-labelled data between formats, and keep evaluation problems out of it.",
    no_args_is_help=True,
)

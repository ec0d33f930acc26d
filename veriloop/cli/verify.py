"""``veriloop verify``: verdicts of solutions by any verifier, and what is done with verdicts once they are there.

``verify KIND`` makes them (``stages.verify``); the other words name commands over folders that exist.
"""

from __future__ import annotations

import typer

from veriloop.cli.combining import combine
from veriloop.cli.default_command import WithDefault
from veriloop.cli.stages import verify
from veriloop.cli.verify_card import card

app = typer.Typer(
    cls=WithDefault,
    help="Solutions -> verdicts, by any verifier; and commands over verdicts that are there.",
)
app.command("run")(verify)
app.command()(card)
app.command()(combine)

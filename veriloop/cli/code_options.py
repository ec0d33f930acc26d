"""Options that the commands about code share: how programs are judged."""

from __future__ import annotations

import typer

CHECKERS = typer.Option(None, help="Folder of testlib checkers named for problems.")
EXAMPLES = typer.Option(
    False, "--examples", help="Judge by a statement's examples where there are no hidden tests."
)
COMPILERS = typer.Option("", help="Rows of the judge's languages, such as cpp=cpp20,python=python.")
POLICY = typer.Option("default", help="Time factors: default, stepfun, or such as python=3,java=2.")
MODE = typer.Option("", help="The least isolation wanted; by default the strongest.")
TRUSTED = typer.Option(False, "--trusted", help="Allow running without isolation.")
SYSTEM = typer.Option(None, help="System message; none by default.")

"""Options that several commands share, so that one word means one thing everywhere."""

from __future__ import annotations

from typing import Any

import typer

from veriloop.errors import InputError


def engines_known(given: Any) -> Any:
    """What an option gives, once every engine that it names is seen to be one: before anything is read or written.

    Nothing heavy opens, and no server is asked. Raises InputError.
    """
    for spec in [given] if isinstance(given, str) else given or ():
        if spec:
            from veriloop.cli.opening import WORLD, engine, model_path

            if spec.startswith(f"{WORLD}:"):
                model_path(spec)  # its folder is a good one
            else:
                engine(spec)
    return given


def folder_there(path: Any) -> Any:
    """The path of an option, once it is seen to be a folder. Raises InputError."""
    if path is not None and not path.is_dir():
        file = "this is a file, and a folder of records is wanted, such as veriloop problems writes"
        raise InputError(file if path.exists() else "there is no such folder", file=str(path))
    return path


def file_there(path: Any) -> Any:
    """The path of an option, once it is seen to be no folder; what a file must hold is its reader's business."""
    if path.is_dir():
        files = sorted(one.name for one in path.glob("*.jsonl"))[:4]
        raise InputError(
            f"this is a folder; name a file ({', '.join(files) or 'it holds no .jsonl'})",
            file=str(path),
        )
    return path


OUT = typer.Option(..., "--out", "-o", help="Folder to write; a half-done one is finished.")
PROBLEMS = typer.Option(..., callback=folder_there, help="Folder of problem records.")
SOLUTIONS = typer.Option(..., callback=folder_there, help="Folder of solution records.")
ENGINE = typer.Option(
    ...,
    callback=engines_known,
    help="MODEL@URL, local:PATH, pool:PATH, vllm:PATH, a checkpoint folder, or abacus:policy.",
)
SEED = typer.Option(0, help="Every random stream derives from it.")
IN_FLIGHT = typer.Option(64, min=1, help="Problems worked on at once.")
FRESH = typer.Option(
    False,
    "--fresh",
    help="Start over: remove what an earlier run left, but for the calls it remembers.",
)
RETRY_LOST = typer.Option(
    False, "--retry-lost", help="Do again what an earlier run lost to errors."
)
QUIET = typer.Option(False, "--quiet", "-q", help="No progress.")
STRICT = typer.Option(False, "--strict", help="Exit with 1 if anything was lost.")
MAX_TOKENS_TOTAL = typer.Option(
    None, min=1, help="Tokens of prompts and answers at most, of all calls in the folder."
)
MAX_USD = typer.Option(
    None,
    min=0.0,
    help="Dollars at most; a server's prices follow its URL: ?usd_per_million=0.1,0.3.",
)

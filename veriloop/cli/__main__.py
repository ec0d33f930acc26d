"""``python -m veriloop.cli``: the same door without an installed script."""

from veriloop.cli import main

main()

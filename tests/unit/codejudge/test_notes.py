"""Notes go to standard error, a line each, so that standard output stays clean."""

from veriloop.codejudge.notes import tell


def test_a_note_is_a_line_on_standard_error(capsys):
    tell("2 s taken")
    assert capsys.readouterr() == ("", "2 s taken\n")

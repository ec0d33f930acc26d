import subprocess

from veriloop.sandbox import bare


def test_the_room_can_be_imported_in_a_bare_python_without_the_package_itself():
    """The probe prints which modules are there: a launcher with asyncio or dataclasses in it would be too large."""
    start = bare.command("trials", "parent death signal")
    code = start[4] + "\nsys.stdout.write(' '.join(sys.modules))"
    shown = subprocess.run(
        [*start[:4], code, *start[5:]],
        capture_output=True,
        timeout=60,
        text=True,
        check=True,
        env={},
    )
    first, _, modules = shown.stdout.partition("\n")
    assert first.startswith("parent death signal\tok\t")
    assert "veriloop.sandbox.kernel" in modules.split()
    heavy = {"asyncio", "dataclasses", "subprocess", "typing", "re", "veriloop.errors"}
    assert not heavy & set(modules.split())

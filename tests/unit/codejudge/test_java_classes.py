"""Java's file names and main classes, on sources as contestants write them."""

import io
import tarfile
import zipfile

import pytest

from veriloop.codejudge.java_classes import jar, source_name

MAIN = b"..main..([Ljava/lang/String;)V.."


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b"public class Main { }", "Main.java"),
        (b"class A {} public final class Solution { public static void main(String[] a) {} }", "Solution.java"),
        (b"// public class No {}\n/* public class No2 {} */ class X {}", "Main.java"),
        (b'class X { String s = "public class No {"; public static class In {} }', "Main.java"),
        (b"class X { public static class Inner { } }\npublic class Y_1 {}", "Y_1.java"),
        (b"public interface I {} ", "I.java"),
        (b"import java.util.*;\npublic  class\n  Spaced{}", "Spaced.java"),
        (b'class X { String s = """\n  "public" class No {\n  """; } public class Y {}', "Y.java"),
        (b"class X { char c = '\"'; } public class Y {}", "Y.java"),
        (b'class X { String s = "no end {\n; } public class Y {}', "Y.java"),
        (b"/* no end public class No {}", "Main.java"),
        (b"public class ../../etc/x {}", "Main.java"),
        (b"", "Main.java"),
        (b"\xff\x00 public class Z{", "Z.java"),
    ],
)  # fmt: skip
def test_the_file_is_called_as_the_public_class_wants(source, name):
    assert source_name(source) == name


@pytest.mark.parametrize("part", [b'\\"', b"\\'", b"/* ", b'"""\\"', b"public class B{}"])
def test_a_hostile_source_takes_linear_time(part):
    """256 KiB of what could be read again from each place: quadratic, it would take minutes."""
    assert source_name(b"class A {" + part * ((256 << 10) // len(part))) == "Main.java"


def tar(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


def main_of(files: dict[str, bytes], source: bytes) -> str | None:
    made, message = jar(tar(files), source)
    if made is None:
        assert message
        return None
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        manifest = archive.read("META-INF/MANIFEST.MF").decode()
    return manifest.replace("\r\n ", "").split("Main-Class: ")[1].strip()


@pytest.mark.parametrize(
    ("files", "source", "main"),
    [
        ({"./A.class": MAIN, "./B.class": MAIN}, b"public class B {}", "B"),
        ({"./Main.class": MAIN, "./A.class": MAIN}, b"", "Main"),
        ({"./A.class": b"none", "./Z.class": MAIN}, b"public class A {}", "Z"),
        ({"./a/b/Main.class": MAIN}, b"package a.b; public class Main {}", "a.b.Main"),
        ({"./" + "x" * 150 + ".class": MAIN}, b"", "x" * 150),
        ({"./A.class": b"none"}, b"", None),
        ({}, b"", None),
    ],
)
def test_the_class_that_is_started(files, source, main):
    assert main_of(files, source) == main


def test_a_hostile_tar_is_a_compile_error_at_worst():
    made, _ = jar(tar({"../../evil.class": MAIN, "/abs.class": MAIN, "./ok.class": MAIN}), b"")
    assert made is not None
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert sorted(archive.namelist()) == ["META-INF/MANIFEST.MF", "abs.class", "ok.class"]
    for broken in (b"no tar", b"\0" * 100, tar({"./A.class": MAIN})[:700]):
        assert jar(broken, b"")[0] is None
    assert jar(tar({f"./{i}.class": b"" for i in range(5000)}), b"")[0] is None


def test_equal_classes_give_equal_jars():
    files = {"./B.class": MAIN, "./A.class": b"x"}
    assert jar(tar(files), b"")[0] == jar(tar(dict(reversed(files.items()))), b"")[0]

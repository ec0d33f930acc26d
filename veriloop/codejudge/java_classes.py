"""Java's own rules: how a source file must be called, and which of its classes is started.

The public class gives the file its name (Java Language Specification, 7.6); the class that is started is the public
one, else ``Main``, else the first with a ``main``. Classes come out of the compile box as a tar, which is as hostile as
the source was, and go back in as one jar.
"""

from __future__ import annotations

import io
import re
import tarfile
import zipfile

_MAIN = b"([Ljava/lang/String;)V"
_CLASSES_LIMIT = 4096
# Comments and literals. Each alternative matches once it has begun, closed or not, so that hostile sources take linear
# time.
_QUIET = re.compile(
    rb'''//[^\n]*|/\*(?:.*?\*/|.*)|"""(?:.*?"""|.*)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?''',
    re.DOTALL,
)
_PUBLIC = re.compile(
    rb"\bpublic\s+(?:(?:final|abstract|strictfp|sealed|non-sealed)\s+)*(?:class|interface|enum|record)\s+([A-Za-z_$][\w$]*)"
)


def source_name(source: bytes) -> str:
    """The file name that this source must have: that of its first public top-level type, else ``Main.java``."""
    public = _public_type(source)
    return f"{public}.java" if public else "Main.java"


def _public_type(source: bytes) -> str | None:
    bare = _QUIET.sub(b" ", source)
    depth = done = 0
    for found in _PUBLIC.finditer(bare):
        start = found.start()
        depth += bare.count(b"{", done, start) - bare.count(b"}", done, start)
        done = start
        if depth == 0 and len(found[1]) <= 200:
            return found[1].decode("ascii", "replace")
    return None


def jar(classes: bytes, source: bytes) -> tuple[bytes | None, str]:
    """The jar that starts a submission's main class, from the tar of its classes; None and why where it has none."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(classes), mode="r:") as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                if member.isreg() and name.endswith(".class") and ".." not in name.split("/"):
                    file = tar.extractfile(member)
                    found[name.lstrip("/")] = file.read() if file else b""
                if len(found) > _CLASSES_LIMIT:
                    return None, f"the source has more than {_CLASSES_LIMIT} classes"
    except (tarfile.TarError, OSError, ValueError) as error:
        return None, f"the compiler's classes cannot be read: {error}"
    main = _main_class(found, source)
    if main is None:
        return None, "no class has a method public static void main(String[] args)"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        # A line of a manifest has at most 72 bytes; longer ones go on after a space.
        line = f"Main-Class: {main.replace('/', '.')}"
        folded = "\r\n ".join([line[:70], *(line[i : i + 69] for i in range(70, len(line), 69))])
        _write(
            archive, "META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\r\n{folded}\r\n\r\n".encode()
        )
        for name, data in sorted(found.items()):
            _write(archive, name, data)
    return packed.getvalue(), ""


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name), data)  # a fixed date: equal sources give equal jars


def _main_class(classes: dict[str, bytes], source: bytes) -> str | None:
    runnable = [
        n.removesuffix(".class") for n, data in classes.items() if b"main" in data and _MAIN in data
    ]
    for wanted in (_public_type(source), "Main"):
        for name in runnable:
            if name.rsplit("/", 1)[-1] == wanted:
                return name
    return sorted(runnable)[0] if runnable else None

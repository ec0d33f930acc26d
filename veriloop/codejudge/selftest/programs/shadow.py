"""Attack 19: modules of the submission's own in place of the library's, for the judge or the next test to import.

``leave FOLDER...`` writes them, ``find`` imports them.
"""

import os
import sys

NAMES = ("random", "json", "sitecustomize", "usercustomize", "bisect")
tag, what, *folders = sys.argv[1:]

if what == "leave":
    for folder in folders:
        for name in NAMES:
            try:
                with open(os.path.join(folder, name + ".py"), "w") as file:
                    file.write("print('BREACH a module of the submission was imported')\n")
            except OSError:
                pass
else:
    import bisect  # noqa: F401
    import json  # noqa: F401
    import random  # noqa: F401

    if "sitecustomize" in sys.modules or any(f in sys.path for f in ("", ".", *folders)):
        print("BREACH modules are looked for at", sys.path)
print("DONE")

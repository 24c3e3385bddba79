"""Which Python runs, and how it was built; run as a program it says whether the bus promises it.

An interpreter built without optimisation runs the same code at half to two thirds of the speed, so
``make`` looks for a better one, and every figure names the one it was measured with. This file
imports nothing of the bus, because ``deploy/setup`` runs it before anything is installed.
"""

from __future__ import annotations

import platform
import sys
import sysconfig

OLDEST = (3, 11)
NEWEST = (3, 14)
SYSTEM_PREFIX = "/usr"


def is_optimised() -> bool:
    """Return whether this interpreter was built with profile-guided optimisation.

    Debian, Ubuntu and Fedora build theirs so and strike the flags from what they record, so the
    system's own counts by its place.
    """
    flags = str(sysconfig.get_config_var("CONFIG_ARGS") or "")
    return "--enable-optimizations" in flags or sys.base_prefix == SYSTEM_PREFIX


def described() -> str:
    """Return its name, version and build, such as ``CPython 3.11.2, optimised``."""
    build = "optimised" if is_optimised() else "not optimised"
    return f"{platform.python_implementation()} {platform.python_version()}, {build}"


def why_not() -> str:
    """Return why the bus does not promise to run on this interpreter, empty when it does."""
    if platform.python_implementation() != "CPython":
        return f"the locked packages are built for CPython, not {platform.python_implementation()}"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "it is built without the global lock, and some locked packages are not"
    if sys.version_info[:2] < OLDEST:
        return f"it is older than {OLDEST[0]}.{OLDEST[1]}"
    if sys.version_info[:2] > NEWEST:
        return f"the locked packages are built for {NEWEST[0]}.{NEWEST[1]} at most"
    try:
        import ensurepip  # noqa: F401, PLC0415 - its absence is the question
        import venv  # noqa: F401, PLC0415
    except ImportError:
        return "it cannot make an environment: on Debian and Ubuntu, apt-get install python3-venv"
    return ""


if __name__ == "__main__":
    # For deploy/setup/choose_python.sh. Optimised stands first: it counts for more than newer.
    release = "".join(f"{part:03d}" for part in sys.version_info[1:3])
    print(int(is_optimised()), release, described(), why_not(), sep="\t")

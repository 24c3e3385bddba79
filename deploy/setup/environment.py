"""Make or renew the environment: ``python3 deploy/setup/environment.py .venv requirements.lock``.

``make`` runs it with the interpreter that it has chosen; it needs only the standard library. uv
installs what a lock names, and nothing whose hash the lock does not have. uv itself comes through
pip once and is kept beside the local stack's downloads, so that a second clone needs no network.
"""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

CACHE = Path("~/.cache/creditbus")
RUNNING = "requirements.lock"
ROOM_BYTES = {RUNNING: 900_000_000, "requirements-dev.lock": 1_500_000_000}
"""What an environment and the downloads it is made from take, by lock."""

UV_SETTINGS = {
    "index_url": "UV_DEFAULT_INDEX",
    "extra_index_url": "UV_INDEX",
    "find_links": "UV_FIND_LINKS",
    "trusted_host": "UV_INSECURE_HOST",
    "no_index": "UV_NO_INDEX",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
"""How uv calls what a person has set up for pip."""

ADVICE = """\
The lines above say what is missing. The first installation needs a network that reaches a package
index. Behind a proxy set HTTPS_PROXY; an index of your own is taken from pip's settings (pip.conf
or PIP_INDEX_URL) or from UV_DEFAULT_INDEX. Then start again: what was downloaded already is kept.
"""


def main(arguments: Sequence[str]) -> None:
    """Bring the environment to the lock, and the project into it."""
    folder, lock = Path(arguments[0]), Path(arguments[1])
    refuse_small_disk(folder.absolute().parent, ROOM_BYTES[lock.name], there=folder.exists())
    if not _version(folder / "bin" / "python"):
        say(f"making {folder}")
        venv.EnvBuilder(clear=True, symlinks=True, with_pip=False).create(folder)
    uv = _uv(folder, lock)
    say(f"installing what {lock} names into {folder}")
    environment = uv_environment(os.environ, read_pip_settings(os.environ), folder)
    # Eleven processes start at once: none of them should compile what all of them read.
    compiled = ["--compile-bytecode"] if lock.name == RUNNING else []
    with _written(_without(lock, "uv")) as rest:
        _install(uv, [*compiled, "--require-hashes", "-r", rest], environment)
    _install(uv, ["--quiet", "--no-deps", "--no-build-isolation", "-e", "."], environment)
    _run([str(folder / "bin" / "python"), "-m", "compileall", "-q", "services"])


def refuse_small_disk(folder: Path, needed_bytes: int, *, there: bool) -> None:
    """Refuse to begin what the disk has no room for; an environment that is there needs little."""
    free = shutil.disk_usage(folder).free
    if not there and free < needed_bytes:
        fail(
            f"{folder} has {free / 1e6:,.0f} MB left and the environment needs "
            f"{needed_bytes / 1e6:,.0f} MB. Free some space, or put it on another disk: "
            f"make VENV=/path ..."
        )


def read_pip_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what pip is set up with, by pip's names; its files yield to its variables."""
    found: dict[str, str] = {}
    for path in _pip_files(environment):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            fail(f"pip's settings in {path} cannot be read: {error}")
        for section in ("global", "install"):
            if parser.has_section(section):
                found |= {name.replace("-", "_"): value for name, value in parser.items(section)}
    for name in UV_SETTINGS:
        value = environment.get(f"PIP_{name.upper()}")
        if value:
            found[name] = value
    return found


def uv_environment(
    environment: Mapping[str, str], pip: Mapping[str, str], folder: Path
) -> dict[str, str]:
    """Return the environment for uv: pip's settings under uv's names, unless uv has its own."""
    translated = {
        UV_SETTINGS[name]: _separated(name, value)
        for name, value in pip.items()
        if name in UV_SETTINGS and _separated(name, value)
    }
    own = {
        "VIRTUAL_ENV": str(folder.absolute()),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_SYSTEM_CERTS": "1",
    }
    return {**own, **translated, **environment, "VIRTUAL_ENV": str(folder.absolute())}


def _separated(name: str, value: str) -> str:
    """Return values as uv separates them, without a folder that is gone, as pip does."""
    values = value.split()
    if name == "find_links":
        return ",".join(each for each in values if "://" in each or Path(each).is_dir())
    return " ".join(values)


def _pip_files(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield pip's files of settings from the weakest to the strongest."""
    home = Path(environment.get("HOME") or Path.home())
    own = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    named = environment.get("PIP_CONFIG_FILE")
    yield from (
        path for path in (Path("/etc/pip.conf"), home / ".pip/pip.conf", own) if path.is_file()
    )
    if named and Path(named).is_file():
        yield Path(named)


def _uv(folder: Path, lock: Path) -> Path:
    """Return the locked uv in the environment, from an earlier installation or through pip."""
    uv = folder / "bin" / "uv"
    entry = _entry(lock, "uv")
    version = entry.split("==")[1].split()[0]
    kept = Path(os.environ.get("CREDITBUS_CACHE") or CACHE).expanduser() / f"uv-{version}"
    if version in _version(uv):
        return uv
    if version in _version(kept):
        shutil.copy2(kept, uv)
        return uv
    say(f"fetching uv {version}")
    python = str(folder / "bin" / "python")
    _run([python, "-m", "ensurepip", "--default-pip"])
    with _written(entry) as pinned:
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*pip, "--require-hashes", "-r", pinned], check=False).returncode:
            fail(ADVICE)
    _keep(uv, kept)
    return uv


def _entry(lock: Path, name: str) -> str:
    """Return a package's lines of the lock: its version and its hashes."""
    pattern = rf"^{name}==[^\\\n]*(?:\\\n[^\\\n]*)*\n"
    found = re.search(pattern, lock.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None, f"{lock} does not name {name}"
    return found.group()


def _without(lock: Path, name: str) -> str:
    """Return a lock without a package: uv has come already, and no cache of uv's own has it."""
    return lock.read_text(encoding="utf-8").replace(_entry(lock, name), "")


@contextmanager
def _written(text: str) -> Iterator[str]:
    """Give the path of a file with this text, for as long as the block is open."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        yield file.name


def _keep(uv: Path, kept: Path) -> None:
    """Keep uv for the next environment; where that cannot be, the next one fetches it again."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(f".{os.getpid()}")
        shutil.copy2(uv, partial)
        partial.replace(kept)
    except OSError as error:
        say(f"uv is not kept for later: {error}")


def _install(uv: Path, what: Sequence[str], environment: Mapping[str, str]) -> None:
    """Install, without the network if it does not answer and what was downloaded is enough."""
    # To a terminal uv draws its progress; into a file it would write a line for each package.
    command = [str(uv), *([] if sys.stderr.isatty() else ["--quiet"]), "pip", "install"]
    if subprocess.run([*command, *what], env=environment, check=False).returncode == 0:
        return
    offline = [*command, "--offline", *what]
    if subprocess.run(offline, env=environment, capture_output=True, check=False).returncode:
        fail(ADVICE)
    say("the network did not give it; what earlier installations downloaded was enough")


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f"{' '.join(command)} ended with code {done.returncode}. {done.stdout}{done.stderr}")


def _version(program: Path) -> str:
    """Return what a program says of its version, empty when it is not there or does not run."""
    try:
        asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return asked.stdout if asked.returncode == 0 else ""


def say(sentence: str) -> None:
    """Tell the person who waits what is done now."""
    print(sentence, flush=True)


def fail(sentence: str) -> NoReturn:
    """Say what is wrong, and end."""
    sys.exit(f"error: {sentence}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Ways in: the gateway as a source reaches it, from this machine's bus or from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from creditbus.cli.faults import MISUSED, fail
from creditbus.cli.gathered import gathered, option
from creditbus.cli.places import Home, catalogue, sites, stack_file, url
from creditbus.runtime.http.languages import Language
from creditbus.runtime.settings import read_settings
from creditbus.sdk.gateway import Gateway
from creditbus.stack.bus import token_name

_Source = Annotated[str, typer.Option("--source", help="Id of the source, on a local bus.")]
_Url = Annotated[str, typer.Option("--gateway", help="Address of a gateway, http(s)://host:port.")]
_File = Annotated[
    Path | None, typer.Option("--token-file", help="File with the token of the source.")
]
_Language = Annotated[
    Language, typer.Option("--language", help="In which the gateway tells what is wrong.")
]


@dataclass(frozen=True, slots=True)
class WayIn:
    """How a person named the gateway; options come before the settings of the same names."""

    source: str = ""
    gateway: str = ""
    token_file: Path | None = None
    home: Path | None = None
    language: Language = Language.EN

    def open(self) -> Gateway:
        """Return the way to the gateway that is named, or else to that of the local bus.

        Elsewhere an address and a token are all that is needed.
        """
        address, token, ca = self.found()
        return Gateway(address, token, language=self.language, ca=ca)

    def found(self) -> tuple[str, str, Path | None]:
        """Return the address, the token, and with whose authorities the address is believed."""
        settings = read_settings()
        address, file = self.gateway or settings.gateway, self.token_file or settings.token_file
        if address:
            if file is None:
                fail(
                    "name the file with your token: --token-file, or CREDITBUS_TOKEN_FILE", MISUSED
                )
            return address, token_in(file), settings.tls_ca
        if not self.source:
            fail(
                "name the gateway (--gateway and --token-file), or the --source of a local bus",
                MISUSED,
            )
        known = catalogue(sites(self.home)).sources
        if self.source not in known:
            fail(
                f"there is no source {self.source}; `court`, `tax` and {len(known) - 2} more are"
                " known",
                MISUSED,
            )
        local = stack_file(self.home)
        kept = local.secrets.get(token_name(self.source), "")
        if file is None and not kept:
            fail(
                f"the token of {self.source} was told once and is not kept here: name the file that"
                f" has it, --token-file; `creditbus sources token {self.source}` gives another",
                MISUSED,
            )
        return url(local.ports.gateway), kept if file is None else token_in(file), None


comes_in: Final = gathered(
    "way",
    WayIn,
    option("source", _Source, ""),
    option("gateway", _Url, ""),
    option("token_file", _File, None),
    option("home", Home, None),
    option("language", _Language, Language.EN),
)
"""Give a command the options that name a gateway, in place of its parameter ``way``."""


def token_in(file: Path) -> str:
    """Return the token in a file, or say that there is none."""
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        fail(f"no token can be read from {file}: {fault}", MISUSED)
    if not token or not token.isascii() or any(map(str.isspace, token)):
        fail(f"{file} holds no token: one word, as the operator gave it", MISUSED)
    return token

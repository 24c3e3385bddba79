"""The form in which a directive leaves by webhook: CloudEvents JSON around the directive itself."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from creditbus.domain.effects.directives import Directive
from creditbus.wire.records import json_of

CONTENT_TYPE: Final = "application/cloudevents+json"


def cloud_event(directive: Directive, stated_at: datetime) -> bytes:
    """Return a directive as it is sent; every try sends the same bytes."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": directive.directive_id,
            "type": "directive.issued.v1",
            "source": "creditbus",
            "subject": directive.obligation_id,
            "time": stated_at,
            "datacontenttype": "application/json",
            "data": msgspec.Raw(json_of(directive)),
        }
    )

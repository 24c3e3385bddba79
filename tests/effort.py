"""How many examples a property draws: what its test asks for, in the measure of the run's profile.

A profile of Hypothesis that draws a fifth of the usual hundred draws a fifth everywhere, whether a
test names a count or not.
"""

from __future__ import annotations

from typing import Final

from hypothesis import settings

USUAL: Final = 100
"""The examples that Hypothesis draws where nothing else is said."""


def examples(count: int) -> settings:
    """Return the settings of a property that draws so many examples in a usual run."""
    drawn = settings().max_examples
    return settings(max_examples=max(1, count * drawn // USUAL))

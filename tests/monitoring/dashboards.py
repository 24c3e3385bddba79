"""The dashboards as Grafana reads them: ``boards``, built with Grafana's own library.

``deploy/grafana`` is made from here by ``python -m tests.tidy.pages``. Every panel asks the data
source that the dashboard's variable names, so it fits any Grafana that has one Prometheus.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DashboardLinkType, DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from tests.monitoring.boards import BOARDS, Board, Kind, View

FOLDER: Final = "deploy/grafana"
TAG: Final = "creditbus"
WIDTH: Final = 24

_SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
_PANELS: Final[dict[Kind, Callable[[], Any]]] = {
    "line": timeseries.Panel,
    "stat": stat.Panel,
    "state": statetimeline.Panel,
    "table": table.Panel,
}
_SPANS: Final[dict[Kind, tuple[int, int]]] = {
    "line": (WIDTH // 2, 8),
    "stat": (WIDTH // 4, 4),
    "state": (WIDTH // 2, 8),
    "table": (WIDTH, 8),
}
"""How wide and how high a panel is."""


def made(board: Board) -> str:
    """Return the file of one dashboard."""
    others = (
        dashboard.DashboardLink("Others")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .include_vars(include_vars=True)
        .keep_time(keep_time=True)
    )
    built = (
        dashboard.Dashboard(f"Credit bus: {board.title}")
        .uid(f"{TAG}-{board.name}")
        .description(board.purpose)
        .tags([TAG])
        .readonly()
        .refresh("10s")
        .time("now-1h", "now")
        .timezone("browser")
        .with_variable(
            dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
        )
        .link(others)
    )
    for view in board.views:
        built = built.with_panel(_panel(view))
    return str(JSONEncoder(sort_keys=True, indent=1).encode(built.build())) + "\n"


def _panel(view: View) -> Any:
    width, height = _SPANS[view.kind]
    panel = _PANELS[view.kind]().title(view.title).datasource(_SOURCE).span(width).height(height)
    if view.meaning:
        panel = panel.description(view.meaning)
    if view.kind != "table":
        panel = panel.unit(view.unit)
    if view.kind == "line":
        legend = (
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.TABLE)
            .placement(LegendPlacement.RIGHT)
            .show_legend(show_legend=True)
            .calcs(["lastNotNull", "max"])
        )
        panel = panel.legend(legend).min(0)
    for place, query in enumerate(view.queries):
        asked = (
            prometheus.Dataquery()
            .expr(query.expression)
            .ref_id(chr(ord("A") + place))
            .legend_format(query.legend or "__auto")
        )
        if view.kind in {"stat", "table"}:
            asked = asked.instant()
        if view.kind == "table":
            asked = asked.format(PromQueryFormat.TABLE)
        panel = panel.with_target(asked)
    return panel


FILES: Final[dict[str, Callable[[], str]]] = {
    f"{FOLDER}/{board.name}.json": partial(made, board) for board in BOARDS
}

"""Charts of the Storage page as Vega-Lite: how statistics are drawn, not what they are."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import humanize

from core.stats import Forecast

if TYPE_CHECKING:
    import pandas as pd

ACCENT: Final = "#7765E3"
ALARM: Final = "#E5484D"
COLOURS: Final = {  # of what the file consists of; to be told apart on black and on white
    "images": ACCENT,
    "videos": "#3FA7D6",
    "sounds": "#2FB894",
    "trash": "#DFA239",
    "damaged": ALARM,
    "unfinished": "#C264C9",
    "rounding": "#6F7487",
    "thumbnails": "#A99DF2",
    "recipes": "#4F74C8",
    "search": "#57879C",
    "indexes": "#8695AC",
    "structure": "#A7ABB9",
    "free": "#8E929E55",
}
STEPS: Final = {"day": "utcyearmonthdate", "week": "utcyearweek", "month": "utcyearmonth"}
BARS: Final = 12  # shown one by one
SIZE_AXIS: Final = {"format": ".3~s", "labelExpr": "replace(datum.label, /([a-zA-Z]?)$/, ' $1B')"}
QUIET: Final = {"grid": False, "domain": False, "ticks": False, "title": None}

Spec = dict[str, Any]


def stacked(parts: "pd.DataFrame") -> "tuple[pd.DataFrame, Spec]":
    """One bar that is the whole file, each part with its colour."""
    shown = parts[parts["bytes"] > 0].assign(size=[size(each) for each in parts[parts["bytes"] > 0]["bytes"]])
    shown = shown.assign(order=range(len(shown)))
    names, colours = list(shown["name"]), [COLOURS[part] for part in shown["part"]]
    spec: Spec = {
        "height": 34,
        "mark": {"type": "bar", "cornerRadius": 3, "height": 34, "binSpacing": 1},
        "encoding": {
            "x": {"field": "bytes", "type": "quantitative", "stack": "normalize", "axis": None},
            "color": {
                "field": "name", "type": "nominal", "scale": {"domain": names, "range": colours}, "legend": None,
            },
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": [
                {"field": "name", "title": "Part"},
                {"field": "size", "title": "Size"},
                {"field": "share", "type": "quantitative", "format": ".1%", "title": "Share"},
            ],
        },
    } | _frame()  # fmt: skip
    return shown, spec


def bars(frame: "pd.DataFrame", names: list[str], *, text: str, value: str = "bytes") -> "tuple[pd.DataFrame, Spec]":
    """A bar for each row, its name and words above it; `frame` has the words in the column `told`."""
    shown = frame.assign(name=names, order=range(len(frame)))
    y: Spec = {"field": "order", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0, "paddingOuter": 0}}
    bar = {"type": "bar", "height": 10, "cornerRadius": 5, "yOffset": 9}
    words = {"type": "text", "baseline": "middle", "dy": -10, "fontSize": 13, "color": text}
    spec: Spec = {
        "height": 46 * len(shown) + 20,
        "encoding": {"y": y, "tooltip": [{"field": "name", "title": " "}, {"field": "told", "title": "Holds"}]},
        "layer": [
            {
                "mark": bar | {"color": text, "opacity": 0.08},
                "encoding": {"x": {"value": 0}, "x2": {"value": "width"}},
            },
            {
                "mark": bar | {"color": ACCENT, "minBandSize": 2},
                "encoding": {"x": {"field": value, "type": "quantitative", "axis": None, "scale": {"nice": False}}},
            },
            {
                "mark": words | {"align": "left", "limit": 230},
                "encoding": {"x": {"value": 0}, "text": {"field": "name"}},
            },
            {
                "mark": words | {"align": "right", "opacity": 0.66},
                "encoding": {"x": {"value": "width"}, "text": {"field": "told"}},
            },
        ],
    } | _frame()  # fmt: skip
    return shown, spec


def grown(growth: "pd.DataFrame", forecast: Forecast, now: datetime) -> "tuple[pd.DataFrame, Spec]":
    """What there was day by day, and on from now the line that the forecast draws."""
    import pandas as pd

    here = growth[["day", "total_bytes"]].assign(what="Stored")
    here = pd.concat([here, _point(now, int(growth["total_bytes"].iloc[-1]), "Stored")])
    ahead = _ahead(growth, forecast, now)
    time: Spec = {
        "field": "day",
        "type": "temporal",
        "scale": {"type": "utc"},
        "axis": QUIET | {"labelFlush": True, "tickCount": 6},
    }
    amount: Spec = {
        "field": "total_bytes", "type": "quantitative",
        "axis": QUIET | SIZE_AXIS | {"grid": True, "tickCount": 4, "gridOpacity": 0.5},
    }  # fmt: skip
    tooltip = [{"field": "day", "type": "temporal", "timeUnit": STEPS["day"], "format": "%d %B %Y", "title": "Day"},
               {"field": "size", "title": "Size"}, {"field": "what", "title": " "}]  # fmt: skip
    fill = {"x1": 1, "y1": 1, "x2": 1, "y2": 0, "gradient": "linear", "stops": [
        {"offset": 0, "color": "#7765E308"}, {"offset": 1, "color": "#7765E37A"}]}  # fmt: skip
    layers: dict[str, Spec] = {
        "Stored": {"type": "area", "line": {"color": ACCENT, "strokeWidth": 2}, "color": fill},
        "Forecast": {"type": "line", "color": ACCENT, "strokeDash": [5, 5], "strokeWidth": 2},
        "Disk full": {"type": "point", "filled": True, "size": 90, "color": ALARM, "opacity": 1},
    }
    shown = pd.concat([here, ahead])
    shown = shown.assign(size=[size(each) for each in shown["total_bytes"]])
    drawn = [_layer(what, mark) for what, mark in layers.items() if (shown["what"] == what).any()]
    drawn.append({"mark": {"type": "point", "size": 240, "opacity": 0}, "encoding": {"tooltip": tooltip}})
    spec: Spec = {"height": 260, "encoding": {"x": time, "y": amount}, "layer": drawn} | _frame()
    return shown, spec


def added(frame: "pd.DataFrame", unit: str) -> "tuple[pd.DataFrame, Spec]":
    """A bar for each day, week or month: what was added in it of what is still there."""
    shown = frame.assign(size=[size(each) for each in frame["bytes"]])
    spec: Spec = {
        "height": 150,
        "mark": {"type": "bar", "color": ACCENT, "cornerRadiusEnd": 2},
        "encoding": {
            "x": {"field": unit, "type": "temporal", "timeUnit": STEPS[unit], "axis": QUIET | {"tickCount": 6}},
            "y": {"field": "bytes", "type": "quantitative",
                  "axis": QUIET | SIZE_AXIS | {"grid": True, "tickCount": 3, "gridOpacity": 0.5}},
            "tooltip": [
                {"field": unit, "type": "temporal", "format": "%d %B %Y", "title": "From", "timeUnit": STEPS["day"]},
                {"field": "items", "type": "quantitative", "format": ",", "title": "Items"},
                {"field": "size", "title": "Size"},
            ],
        },
    } | _frame()  # fmt: skip
    return shown, spec


def size(number: float) -> str:
    """Bytes as people read them."""
    return humanize.naturalsize(int(number))


def _layer(what: str, mark: Spec) -> Spec:
    return {"transform": [{"filter": f"datum.what === '{what}'"}], "mark": mark}


def _ahead(growth: "pd.DataFrame", forecast: Forecast, now: datetime) -> "pd.DataFrame":
    """The forecast's line from now to a third of the library's age ahead, or to where the disk is full."""
    import pandas as pd

    today = now.replace(tzinfo=None)
    age = today - growth["day"].iloc[0].to_pydatetime()
    end = today + max(age / 3, pd.Timedelta(days=14).to_pytimedelta())
    if forecast.pace <= 0 or forecast.early:
        return _point(now, 0, "Forecast").iloc[:0]
    total = int(growth["total_bytes"].iloc[-1])
    full = forecast.full_at.replace(tzinfo=None) if forecast.full_at else None
    points = [_point(now, total, "Forecast")]
    last = min(end, full) if full else end
    points.append(_point(last, int(total + forecast.pace * ((last - today).total_seconds() / 86_400)), "Forecast"))
    if full and full <= end:
        points.append(points[-1].assign(what="Disk full"))
    return pd.concat(points)


def _point(when: datetime, total: int, what: str) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame({"day": [pd.Timestamp(when.replace(tzinfo=None))], "total_bytes": [total], "what": [what]})


def _frame() -> Spec:
    return {"config": {"view": {"stroke": None}, "background": "transparent"}, "padding": {"left": 0, "right": 2}}

"""Label Studio: its JSON and JSON-MIN exports, with marks and choices in texts by several annotators (ADR 0019).

https://labelstud.io/guide/export ; positions count UTF-16 units, as in browsers.
"""

from api.exchange.format import Format, Option
from api.exchange.formats.label_studio.tasks import read
from api.exchange.formats.lib.marked_texts import TEXT_OPTIONS

_UNITS = ("utf16", "code-point")

FORMAT = Format(
    name="label-studio",
    title="Label Studio (JSON export)",
    extension="json",
    media_type="application/json",
    read=read,
    counted="task",
    options=(*TEXT_OPTIONS, Option("unit", "The unit of positions.", _UNITS, _UNITS[0])),
)

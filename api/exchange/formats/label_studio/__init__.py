"""Label Studio: its JSON and JSON-MIN exports, marks and choices in texts, by several annotators.

https://labelstud.io/guide/export ; the places of marks count UTF-16 units, as browsers do.
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
    options=(*TEXT_OPTIONS, Option("unit", "What the places of marks count.", _UNITS, _UNITS[0])),
)

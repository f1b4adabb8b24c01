"""W3C Web Annotation: statements as annotations of their documents, with stances as bodies (ADR 0019).

https://www.w3.org/TR/annotation-model/
"""

from api.exchange.format import Format, Option
from api.exchange.formats.lib.annotator_names import ANNOTATOR_MAP
from api.exchange.formats.lib.label_words import LABEL_MAP
from api.exchange.formats.web_annotation.reader import read
from api.exchange.formats.web_annotation.writer import write

_UNITS = ("code-point", "utf16")

FORMAT = Format(
    name="web-annotation",
    title="W3C Web Annotation",
    extension="jsonld",
    media_type='application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"',
    read=read,
    write=write,
    counted="annotation",
    options=(
        Option(
            "unit", "What positions count; the standard says code points, browsers count UTF-16.", _UNITS, _UNITS[0]
        ),
        Option("texts", "Whether to export the texts of documents.", ("no", "yes"), "no", only="export"),
        Option("speaker", "The speaker of annotations without one.", only="import"),
        Option("target", "The target of tags such as SUPPORT.", only="import"),
        Option("target-type", "The type of this target.", ("topic", "actor"), "topic", only="import"),
        LABEL_MAP,
        Option("annotator", "The annotator of annotations without a creator.", only="import"),
        ANNOTATOR_MAP,
    ),
)

"""Creates documents. A document never changes."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api import limits
from api.ids import Id
from api.names import Name, Normalized
from api.security.policies import require
from api.security.viewer import Viewer
from api.services import attributes, validation
from api.services.attributes import Attributes
from api.services.outcome import Outcome, Problems
from api.services.references import References
from api.services.revisions import created
from api.services.search_index import index_words
from models import Document, DocumentAttribute, Role, new_id


@dataclass(frozen=True, kw_only=True)
class CreateDocument(Normalized):
    """Creates a document."""

    title: Name
    """The title."""
    publisher_id: Id | None = None
    """The actor that published the document."""
    url: Annotated[str, limits.URL] | None = None
    """The web address of the document."""
    published_on: dt.date | None = None
    """The publication date, if it is known."""
    language: Annotated[str, limits.LANGUAGE]
    """The language of the text: a BCP 47 tag such as `en`."""
    text: Annotated[str, limits.DOCUMENT]
    """The full text. It is stored unchanged, code point for code point, and cannot be edited."""
    attributes: Attributes = ()
    """Custom attributes as name–value pairs, in this order."""


async def create_document(
    session: AsyncSession, viewer: Viewer, command: CreateDocument, *, key: UUID | None = None
) -> Outcome:
    """Create a document. Its text is neither trimmed nor normalised, since positions count its code points."""
    require(viewer, Role.CURATOR)
    problems, references = Problems(), References()
    validation.name(problems, command.title, "title")
    validation.url(problems, command.url, "url")
    validation.language(problems, command.language, "language")
    validation.text(problems, command.text, "text", limit=limits.DOCUMENT)
    attributes.check(problems, command.attributes or ())
    publisher = references.want(problems, command.publisher_id, "publisherId", of="Actor")
    await references.load(session)
    publisher_id = references.key(publisher)
    if problems:
        return problems.refused()
    document = Document(
        id=key or new_id(),
        title=command.title,
        publisher_id=publisher_id,
        url=command.url,
        published_on=command.published_on,
        language=command.language,
        text=command.text,
        text_sha256=hashlib.sha256(command.text.encode()).hexdigest(),
    )
    await created(session, viewer, document, attributes=attributes.states(command.attributes or ()))
    await attributes.write(session, DocumentAttribute, document.id, command.attributes or ())
    await index_words(session, Document, document.id, document.title, document.text)
    return Outcome(document.id, created=True)

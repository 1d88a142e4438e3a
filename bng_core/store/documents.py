"""Documents of a quote, kept byte for byte: what was sent is what is shown again."""

import hashlib
import uuid
from dataclasses import dataclass

from sqlalchemy import insert, select

from bng_core.actor import Action, Actor, require
from bng_core.errors import BadInput, QuoteError
from bng_core.plain_text import plain_text
from bng_core.store import checks
from bng_core.store.audit_log import record
from bng_core.store.postgres import Store, transaction
from bng_core.store.quote_rows import Document, load_quote
from bng_core.store.tables_quotes import documents, quote_versions

LARGEST_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True)
class NewDocument:
    """A document as it was made: what it is, its file name, its media type, its bytes."""

    kind: str
    file_name: str
    media_type: str
    content: bytes


def save_document(store: Store, actor: Actor, reference: str, new: NewDocument) -> Document:
    """Keep a document of a quote that the actor may see.

    Raises QuoteError, BadInput or NotAllowed.
    """
    require(actor, Action.MAKE_QUOTE)
    if len(new.content) > LARGEST_BYTES:
        raise BadInput(
            f"The document has {len(new.content):,} bytes; at most {LARGEST_BYTES:,} are kept."
        )
    document_id = uuid.uuid4()
    row = {
        "kind": plain_text("The kind of document", new.kind, checks.LONGEST_NAME),
        "file_name": plain_text("The file name", new.file_name, checks.LONGEST_NAME),
        "media_type": plain_text("The media type", new.media_type, checks.LONGEST_NAME),
        "sha256": hashlib.sha256(new.content).hexdigest(),
    }
    with transaction(store) as connection:
        quote = load_quote(connection, actor, reference)
        keys = {"document_id": document_id, "version_id": quote.version_id, "made_by": actor.who}
        connection.execute(insert(documents).values(**row, **keys, content=new.content))
        record(connection, actor, "quote.add_document", f"quote {reference}", None, dict(row), "")
        saved = load_quote(connection, actor, reference).documents
    return next(document for document in saved if document.document_id == document_id)


def load_document(store: Store, actor: Actor, document_id: uuid.UUID) -> tuple[Document, bytes]:
    """Return a document and its bytes. Raises QuoteError where the actor may see none such."""
    found = (
        select(documents.c.content, quote_versions.c.reference)
        .join(quote_versions)
        .where(documents.c.document_id == document_id)
    )
    with transaction(store) as connection:
        row = connection.execute(found).first()
        if row is None:
            raise QuoteError(f"There is no document {document_id}.")
        quote = load_quote(connection, actor, row.reference)
    document = next(one for one in quote.documents if one.document_id == document_id)
    return document, bytes(row.content)

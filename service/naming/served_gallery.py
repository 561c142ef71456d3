"""One embedder's gallery in memory, kept as the records say."""

import logging
from collections.abc import Collection, Mapping, Sequence

from retail.gtin import Gtin
from service.database import Database
from service.image_store import ImageStore
from service.naming.queries import (
    BATCH,
    LiveReference,
    changes_after,
    last_change,
    live_references,
    live_references_of,
)
from service.naming.reading import kept_vectors, read_references
from vision.detections import Floats
from vision.embedder import Embedder
from vision.gallery import Gallery, Reference

log = logging.getLogger(__name__)


class ServedGallery:
    """A gallery and how far it has followed the records. One thread at a time changes it; any number search.

    Attributes:
        position: id of the last change of the gallery that is in it.
    """

    def __init__(self, database: Database, images: ImageStore, embedder: Embedder) -> None:
        """Take in everything that is live now, embedding what this embedder has not read yet."""
        self.embedder = embedder
        self.gallery = Gallery(embedder.id, embedder.width)
        self._database, self._images = database, images
        unread: list[LiveReference] = []
        with database.read() as session:
            # Before the references: what changes in between is then read twice, instead of never.
            self.position = last_change(session)
            for batch in live_references(session, embedder.id):
                self._add(batch, kept_vectors(batch))
                unread += [one for one in batch if one.vector is None]
        if unread:
            log.info("%d references are read by %s for the first time", len(unread), embedder.id)
            self._add(unread, read_references(database, images, embedder, unread))

    def follow(self) -> None:
        """Take in what changed since; live when this returns."""
        while True:
            with self._database.read() as session:
                changes = changes_after(session, self.position, BATCH)
                changed = {reference_id for _, reference_id in changes}
                live = live_references_of(session, self.embedder.id, changed) if changed else []
            if not changes:
                return
            vectors = read_references(self._database, self._images, self.embedder, live)
            self._add(live, vectors, gone=changed - vectors.keys())
            self.position = changes[-1][0]

    def _add(
        self, references: Sequence[LiveReference], vectors: Mapping[str, Floats], gone: Collection[str] = ()
    ) -> None:
        readable = [one for one in references if one.id in vectors]
        shown = [Reference(one.id, one.variant_id, Gtin(one.gtin), vectors[one.id]) for one in readable]
        self.gallery.change(add=shown, remove=gone)

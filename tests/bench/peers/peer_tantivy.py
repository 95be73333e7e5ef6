"""tantivy with English stemming; a question is the OR of its words."""
import importlib.metadata
import re

import tantivy

import measure

folder, scratch, threads = measure.arguments()


class Tantivy:
    name, version, kind = "tantivy", importlib.metadata.version("tantivy"), "lexical"

    def ingest(self, ids, texts):
        schema = (tantivy.SchemaBuilder().add_text_field("id", stored=True, tokenizer_name="raw")
                  .add_text_field("text", stored=False, tokenizer_name="en_stem").build())
        self.index = tantivy.Index(schema, path=scratch)
        writer = self.index.writer(200_000_000, threads)
        for i, text in zip(ids, texts):
            writer.add_document(tantivy.Document(id=[i], text=[text]))
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()

    def search(self, text, k):
        query = self.index.parse_query(" OR ".join(re.findall(r"\w+", text.lower())), ["text"])
        return [(self.searcher.doc(address)["id"][0], score) for score, address in self.searcher.search(query, k).hits]

    def search_batch(self, texts, k):
        return None  # it has no search of several questions at once


measure.measure(Tantivy(), folder, scratch)

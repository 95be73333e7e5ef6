"""LlamaIndex over faiss-cpu, with the same model by ONNX Runtime; a document is one node, as for all here."""
import importlib.metadata

import faiss
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import TextNode
from llama_index.vector_stores.faiss import FaissVectorStore

import measure
import minilm

folder, scratch, threads = measure.arguments()
faiss.omp_set_num_threads(threads)
encoder = minilm.Encoder(threads)


class OnnxEmbedding(BaseEmbedding):
    def _get_text_embeddings(self, texts):
        return encoder(texts).tolist()

    def _get_text_embedding(self, text):
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query):
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query):
        return self._get_query_embedding(query)


class LlamaIndex:
    name, kind = "LlamaIndex, faiss-cpu", "dense"
    version = importlib.metadata.version("llama-index-core")

    def ingest(self, ids, texts):
        store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(384))
        self.storage = StorageContext.from_defaults(vector_store=store)
        nodes = [TextNode(id_=i, text=t) for i, t in zip(ids, texts)]
        self.index = VectorStoreIndex(nodes, storage_context=self.storage,
                                      embed_model=OnnxEmbedding(embed_batch_size=minilm.BATCH))
        self.retriever = None

    def persist(self):
        self.storage.persist(scratch)

    def search(self, text, k):
        self.retriever = self.retriever or self.index.as_retriever(similarity_top_k=k)
        return [(n.node.node_id, n.score) for n in self.retriever.retrieve(text)]

    def search_batch(self, texts, k):
        return None  # it has no search of several questions at once


measure.measure(LlamaIndex(), folder, scratch)

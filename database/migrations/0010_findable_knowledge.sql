-- What a search may find: counted without reading the rows, and compared one by one where they are few.

CREATE INDEX knowledge_base_findable ON knowledge_base (model_id) INCLUDE (expires_at) WHERE is_published;

-- How sure a search must be, calibrated to the articles that are there, for each model of the knowledge base.
CREATE TABLE knowledge_gates (
    model_id        text PRIMARY KEY REFERENCES embedding_models (model_id) ON DELETE CASCADE,
    answer_from     double precision NOT NULL,
    offer_from      double precision NOT NULL,
    expected_wrong  double precision NOT NULL,
    expected_missed double precision NOT NULL,
    questions       integer NOT NULL,
    labelled        integer NOT NULL,
    articles        text NOT NULL,
    calibrated_at   timestamptz NOT NULL DEFAULT now()
);

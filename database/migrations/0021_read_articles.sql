-- What reading an article's file tells about it: its language, the heading of each chunk, and whether it is said whole.
ALTER TABLE knowledge_base ADD COLUMN language text;
ALTER TABLE knowledge_base ADD COLUMN section text NOT NULL DEFAULT '';
ALTER TABLE knowledge_base ADD COLUMN is_whole boolean NOT NULL DEFAULT false;

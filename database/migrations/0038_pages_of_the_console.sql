-- What the console's tags, digest and content gaps look for, without reading every row.
CREATE INDEX conversations_tagged ON conversations (last_message_at) WHERE tags <> '{}';
CREATE INDEX tickets_escalated ON tickets (escalated_at) WHERE escalated_at IS NOT NULL;
CREATE INDEX turns_found_nothing ON turns (started_at) WHERE state = 'committed' AND tried @> '{"found_answer": false}';

-- Every turn asks for its conversation's ticket, also for one that is resolved, which the unique index leaves out.

CREATE INDEX tickets_conversation ON tickets (conversation_id);

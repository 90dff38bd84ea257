"""The use cases, in the order a message meets them: receive, relay, answer, deliver; beside them staff and sweep."""

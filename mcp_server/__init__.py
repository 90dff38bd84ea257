"""The five tools over the Model Context Protocol, for agents that are none of ours."""

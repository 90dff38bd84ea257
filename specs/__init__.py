"""What was found out about the customers' messages, and how the tools came about."""

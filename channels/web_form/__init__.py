"""Takes messages from the form on our own page; its status page shows the replies."""

"""GraphQL over HTTP, and what stands around it: health, the page for browsers, limits on what comes in."""

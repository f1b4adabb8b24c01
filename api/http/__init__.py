"""GraphQL over HTTP, WebSocket and server-sent events; downloads, pictures, health checks and GraphiQL."""

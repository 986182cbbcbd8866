"""HTTP and WebSocket → what a judge makes of recordings, raw samples and streams, and the page."""

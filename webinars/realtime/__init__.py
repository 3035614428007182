"""The socket: it carries events to pages, and nothing from them (spec 8)."""

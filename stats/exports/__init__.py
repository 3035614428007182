"""Attendance as files: CSV and XLSX, streamed, safe to open, and only what the requester may see (spec 1, 6)."""

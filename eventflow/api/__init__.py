"""Conventions of every API answer: envelope, errors, language (spec 17)."""

"""Telling other programs what happens in queues: signed, retried, and never what was answered."""

"""The one way out: every request of ours to somebody else's server goes through here.

Addresses that are not public are refused unless the operator lists them, the connection goes to the
very address that was checked, and time, sizes and headers are capped. Nothing here is imported by a
process that asks no model.
"""

"""A gateway's transparency log: kept in the store's database, served to anybody, exported to a folder.

The tables and the function that appends are ``gateway.store.log``, beside the writes that they belong to; all
that is about trust is ``signing.log``. Nothing is imported here, so that a folder can be checked with the base
install alone.
"""

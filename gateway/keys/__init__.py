"""Private keys and their lives: under what they are kept, when they are replaced, when they are destroyed.

``life`` is pure: a set of keys and a time in, a set of keys out. ``kek`` says under what a gateway's master key lies,
``shelf`` changes key files, ``archive`` writes and reads backups, ``dependants`` asks the database.
"""

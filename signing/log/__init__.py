"""The transparency log: a Merkle tree of events, checkpoints that its log and witnesses sign, and proofs.

Pure: entries, keys and the time are parameters. `merkle` is the tree of RFC 9162, `checkpoint`, `proof` and
`witness` the text forms of C2SP, `history` the check of a whole log, `evidence` that of one receipt from a file.
Nothing is imported here: `signing.log.evidence` needs the directory, and the directory the keys of logs.
"""

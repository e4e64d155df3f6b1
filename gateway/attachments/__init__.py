"""Attached files: kept as the ciphertext that travels, fetched by address, scanned, and only then given out.

kept.py      what the pieces below are kept in: one value for ``gateway.services``
blobs.py     encrypted files by the SHA-256 of their bytes; the seam for other storage
ledger.py    whose they are, and how far each has come
scan.py      looking for malware, through a program or a daemon of the operator's choice
upload.py    an organisation's own system hands a file in, in pieces
arrivals.py  what a received bundle names is fetched, verified and scanned
reading.py   a reader opens a file; an operator releases or destroys one in quarantine
fetch.py     one file from another gateway, or to one
outward.py   our files to others, where nobody can call our gateway
routing.py   which recipients get a file
sending.py   files of a transfer that is sent
carrier.py   parts of files between gateways
clearing.py  what no message refers to any more is removed
local.py     the routes for an organisation's own systems
wire.py      the routes between gateways
"""

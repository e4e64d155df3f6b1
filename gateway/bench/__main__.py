"""One of the servers that are measured: ``python -m gateway.bench gateway HOME`` or ``… null PORT``."""

import sys

from gateway.bench.process import main

main(sys.argv[1:])

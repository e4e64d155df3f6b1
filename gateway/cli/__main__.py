"""``python -m gateway.cli``: the same command line, for a process that starts another one."""

from gateway.cli import main

main()

"""A notebook's process: `python -m tests.notebook_process DATABASE CODE`. The code finds `studio`."""

import sys

import core

if __name__ == "__main__":
    with core.open_studio(sys.argv[1]) as studio:
        exec(sys.argv[2], {"studio": studio, "core": core})

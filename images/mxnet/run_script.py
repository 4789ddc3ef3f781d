"""Runs a script as Python does, `run_script.py train.py WORD…` or `… -m train WORD…`; ends at once if it fails.

Python's own end would unload MXNet, which waits there for the workers of all hosts, also for those that wait for it.
"""

import os
import runpy
import sys
import traceback
from pathlib import Path


def main(words):
    """Does not return if the script fails."""
    is_module = words[0] == "-m"
    sys.argv = words[1:] if is_module else words
    # As Python has it; this file's own folder was never there.
    sys.path.insert(0, str(Path.cwd() if is_module else Path(words[0]).resolve().parent))
    try:
        if is_module:
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as error:
        if error.code in (None, 0):
            raise
        if not isinstance(error.code, int):
            print(error.code, file=sys.stderr)
        end(error.code if isinstance(error.code, int) else 1)
    except BaseException as error:
        place = error.__traceback__
        # Without what is ours.
        while place.tb_next and place.tb_frame.f_code.co_filename in (__file__, runpy.__file__, "<frozen runpy>"):
            place = place.tb_next
        traceback.print_exception(error.with_traceback(place))
        end(1)


def end(code):
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])

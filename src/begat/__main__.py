"""`python -m begat` is `begat`."""

import sys

from begat.cli import main

sys.exit(main())

"""Print the page of replicated cases: ``python -m sim.literature FILE... > docs/validation_literature.md``."""

import sys
from pathlib import Path

from sim.literature.cases import page, read_cases

if __name__ == "__main__":
    texts = [Path(name).read_text(encoding="utf-8") for name in sys.argv[1:]]
    sys.stdout.write(page(read_cases(*texts), tell=lambda line: print(line, file=sys.stderr)))

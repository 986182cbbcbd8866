"""What `ehsaas adapt` tells of the gain that is to be expected, from the comparison's table.

    python benchmarks/expected.py [docs/results/adaptation.parquet]

Writes ehsaas/experiments/expected.json, which the package carries.
"""

import argparse
import json
from pathlib import Path

from ehsaas.evaluation import predictions
from ehsaas.evaluation.expected import expected
from ehsaas.evaluation.pooled import pool
from ehsaas.experiments.expected import FILE


def main() -> None:
    """Read the table and write the file."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument(
        "table", type=Path, nargs="?", default=Path("docs/results/adaptation.parquet")
    )
    rows = expected(pool(predictions.read(asked.parse_args().table)))
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{FILE}: {len(rows)} rows")


if __name__ == "__main__":
    main()

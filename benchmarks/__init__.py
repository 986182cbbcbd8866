"""Speed and cost, measured: each script writes a page and its twin to docs/results."""

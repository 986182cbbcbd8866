"""One YAML → one run folder: which corpora, which questions, which systems, how large."""

"""What is deployed: a model file → `Estimate`s, streams, a server and its page; never torch."""

"""Tables and features + a model → a fitted model. One shared loop, one file a method."""

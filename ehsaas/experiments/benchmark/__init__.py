"""The benchmark: any model and prepared tables → predictions, figures, a place on a leaderboard."""

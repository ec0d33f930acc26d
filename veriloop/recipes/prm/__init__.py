"""recipes/prm."""

"""Where files are read from: the work tree, commits, edits on top of either, and how files look on disk."""

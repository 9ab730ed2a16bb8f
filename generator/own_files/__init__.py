"""Our own files, read and checked, with the line of every mistake."""

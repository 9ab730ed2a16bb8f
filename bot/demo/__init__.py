"""`towpath demo`: the whole way of a release on a real repository, told while it happens."""

"""Promote releases from environment to environment by pull requests, and take bad ones back."""

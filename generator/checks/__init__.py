"""The checks of rendered manifests: pure, one family a file, all of them listed in `generator.checks.all`."""

"""Making, testing, adding and updating templates: the work of `towpath template`."""

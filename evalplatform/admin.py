"""The admin site: the same people, rows and verbs as the pages."""

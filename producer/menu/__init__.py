"""The menu as a document: read from a file, changed without a restart, kept in versions."""

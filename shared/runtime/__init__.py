"""What keeps a process going: settings, logs, metrics, lifecycle, clock."""

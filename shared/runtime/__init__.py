"""What every process needs: settings, logs, lifecycle."""

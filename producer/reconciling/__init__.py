"""The reconciler: brings what the order store records and what the queue holds together again."""

"""The reconciler: repairs what differs between the order store, the queue and the topic."""

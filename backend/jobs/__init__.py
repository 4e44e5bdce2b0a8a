"""The queue's one door: enqueue inside our transaction, worker."""

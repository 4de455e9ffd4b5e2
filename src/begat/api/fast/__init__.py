"""The fast path: answers completed column by column instead of field by field; see fast.executor."""

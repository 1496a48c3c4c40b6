"""Images by digest: what references stand for, in ``fairway.lock.json`` and after a push."""

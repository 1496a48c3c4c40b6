"""Policy packs that live elsewhere: how they are named, fetched, pinned and kept."""

"""Planning: every decision about what runs, made once, before any target sees it."""

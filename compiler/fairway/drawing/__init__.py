"""Drawing: plots as inline SVG, for pages that need nothing but themselves."""

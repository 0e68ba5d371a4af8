"""From what a caller asks to what the engine takes: templates, images, grammars, tokens."""
